"""Inputs from tests: which functions have them, and what is recorded while they run."""

import textwrap
from typing import Any

import pytest
from test_analyze import analyze, functions, record
from test_probe import Json, found, request, run

from tracer.synthesis import testing

MODULE = """
import unittest


def tested(x):
    return x


def untested(x):
    return x


class Box:
    def get(self):
        return 1


def test_one():
    assert tested(1) == 1


class Cases(unittest.TestCase):
    def test_get(self):
        self.assertEqual(Box().get(), 1)
"""


def test_functions_that_tests_of_their_module_name_are_told_where_tests_are_wanted() -> None:
    def names(**fields: Any) -> set[str]:
        found = functions(MODULE, extract=True, **fields)
        return {each["qualname"] for each in found if each["tested"]}

    assert names() == set()
    assert names(run_tests=True) == {"tested", "Box.get"}
    [answer] = analyze(record(MODULE + "#" * 70_000, extract=True, run_tests=True))
    assert not any(each["tested"] for each in answer["functions"])


TESTED = """
def decode(text: str, by=1, *more, key=None, **rest):
    if not text:
        return key
    return "".join(chr(ord(each) - by) for each in text)
"""
TESTS = """

def encode(text):
    return "".join(chr(ord(each) + 1) for each in text)


def test_round():
    from random import choice
    for _ in range(3):
        text = "".join(choice("abc") for _ in range(4))
        assert decode(encode(text)) == text


def test_more():
    words = ["x"]
    assert decode("", 2, words, key={"a": (1,)}, odd=object) == {"a": (1,)}
    assert decode("", 2, words, key={"a": (1,)}, odd=None) == {"a": (1,)}


if __name__ == "__main__":
    assert decode("b") == "a"
"""


def recorded(program: str, **fields: Any) -> Json:
    tests = {"source": textwrap.dedent(program), "entry": "decode"}
    return found(TESTED, "decode", fuzz={"candidates": 0}, tests=tests, **fields)


def test_calls_are_recorded_while_the_tests_run() -> None:
    answer = recorded(TESTED + TESTS)
    assert answer["tests"] == {"error": None, "calls": 6, "unwritten": 1, "recorded": 5}
    calls = [each["call"] for each in answer["inputs"]]
    assert "decode('', 2, ['x'], key={'a': (1,)}, odd=None)" in calls
    assert {each["origin"] for each in answer["inputs"]} == {"test"}
    assert recorded(TESTED + TESTS) == answer


def test_what_was_called_before_tests_failed_is_recorded_and_recursion_is_not() -> None:
    body = (
        "def decode(n):\n    return n and decode(n - 1)\ndecode(3)\nassert decode(2)\ndecode(1)\n"
    )
    answer = recorded(body)
    assert answer["tests"] == {"error": "AssertionError", "calls": 7, "unwritten": 0, "recorded": 2}


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("def decode(n): pass\nwhile True: decode(1)", "FuelSpentError"),
        ("decode(", "SyntaxError"),
        ("raise KeyError", "KeyError"),
    ],
)
def test_tests_have_bounds(program: str, error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testing, "FUEL", 50_000)
    answer = recorded(program)
    assert answer["tests"]["error"] == error


def test_tests_that_end_their_child_are_left_out() -> None:
    tests = {"source": "import os\nos._exit(3)", "entry": "decode"}
    asked = request(TESTED, "decode", fuzz={"candidates": 0}, tests=tests)
    answer, last = run(asked)
    assert answer is None
    answer, _ = run({**asked, "leave_out": [last]})
    assert answer is not None
    assert answer["tests"]["error"] == "LeftOutError"


def test_what_fails_or_ends_the_program_keeps_no_other_test_from_running() -> None:
    program = (
        TESTED
        + """
import sys, unittest
def test_fails():
    assert decode("b") == "b"
def test_passes():
    assert decode("c") == "b"
class Fails(unittest.TestCase):
    def test(self):
        self.assertEqual(decode("d"), "d")
class Passes(unittest.TestCase):
    def test(self):
        self.assertEqual(decode("e"), "d")
if __name__ == "__main__":
    decode("f")
    unittest.main()
"""
    )
    answer = recorded(program)["tests"]
    assert answer == {"error": "AssertionError", "calls": 5, "unwritten": 0, "recorded": 5}


def test_cases_of_unittest_are_run() -> None:
    program = (
        TESTED + "import unittest\nclass T(unittest.TestCase):\n"
        "    def test_a(self):\n        self.assertEqual(decode('c', 2), 'a')\n"
    )
    assert recorded(program)["tests"]["recorded"] == 1
