"""The search for inputs: what is found, what is kept, and that it is the same each time."""

import ast
import json
import os
import textwrap
from collections.abc import Callable
from typing import Any

import pytest
from support import stream_of_child

from tracer.synthesis import probe
from tracer.synthesis.expressions import NoExpressionError, expression_of
from tracer.synthesis.infer import Inference, Knowledge
from tracer.synthesis.words import matches

Json = dict[str, Any]


def request(source: str, entry: str, **fields: Any) -> Json:
    fuzz = {"seed": 1, "candidates": 120, "fuel": 20_000, "fuel_total": 1_000_000}
    base: Json = {
        "v": 1, "kind": "source", "entry": entry, "source": textwrap.dedent(source),
        "original": None, "inputs": [], "input_bytes_max": 20_000, "keep": 6, "mutants": 0,
        "leave_out": [], "stop_at": None, "blind": None, "tests": None,
    }  # fmt: skip
    return {**base, "fuzz": {**fuzz, **fields.pop("fuzz", {})}, **fields}


def run(asked: Json) -> tuple[Json | None, int]:
    """The answer of a child, and the execution that it began last."""

    def work(sink: Any) -> None:
        def announce(number: int) -> None:
            sink.append(b"%d\n" % number)

        answer = probe.main(asked, announce, os._exit)
        sink.append(b"\0" + json.dumps(answer).encode())

    begun, _, answer = stream_of_child(work).partition(b"\0")
    last = int(begun.split()[-1])
    return (json.loads(answer) if answer else None), last


def found(source: str, entry: str, **fields: Any) -> Json:
    answer, _ = run(request(source, entry, **fields))
    assert answer is not None
    assert answer["reason"] is None
    return answer


def outcomes(answer: Json) -> set[str]:
    return {each["outcome"] for each in answer["inputs"]}


CLASSIFY = """
def classify(text: str, limit: int = 3):
    if not text:
        return None
    if text.startswith("magic:"):
        return "m"
    for letter in text:
        if letter == "#":
            raise ValueError(letter)
    return len(text) > limit
"""


def test_both_ways_of_each_branch_are_found_from_literals_of_the_text() -> None:
    answer = found(CLASSIFY, "classify")
    assert answer["line_coverage"] == 1.0
    assert answer["branch_coverage"] == 1.0
    assert outcomes(answer) == {"returned", "raised"}
    assert len(answer["inputs"]) <= 6


def test_the_same_seed_finds_the_same_and_another_one_does_not() -> None:
    first = found(CLASSIFY, "classify")
    assert found(CLASSIFY, "classify") == first
    assert found(CLASSIFY, "classify", fuzz={"seed": 2})["inputs"] != first["inputs"]


_PROPERTY = "class A:\n    @property\n    def p(self):\n        return 1\n"


@pytest.mark.parametrize(
    ("source", "entry", "call"),
    [
        ("class A:\n    @property\n    def p(self):\n        return 1", "A.p", "A.p.fget(obj)"),
        (
            _PROPERTY + "    @p.setter\n    def p(self, x):\n        self.x = 1",
            "A.p",
            "A.p.fset(obj, ",
        ),
        (
            _PROPERTY + "    @p.deleter\n    def p(self):\n        pass",
            "A.p",
            "A.p.fdel(obj)",
        ),
        ("class A:\n    @staticmethod\n    def s():\n        return 1", "A.s", "A.s()"),
        ("class A:\n    @classmethod\n    def c(cls):\n        return cls", "A.c", "A.c()"),
        ("class A:\n    def __init__(self):\n        self.x = 1", "A.__init__", "A()"),
        ("class A:\n    def __p(self):\n        return 1", "A.__p", "obj._A__p()"),
        ("def g():\n    yield 1", "g", "list(g())"),
        ("async def a():\n    return 1", "a", "a()"),
    ],
)
def test_every_form_of_function_has_its_call(source: str, entry: str, call: str) -> None:
    answer = found(source, entry)
    assert answer["inputs"][0]["call"].startswith(call)
    assert outcomes(answer) == {"returned"}


def test_arguments_are_made_of_classes_that_refuse_to_say_what_is_theirs() -> None:
    source = """
    from typing import TypedDict
    class Point(TypedDict):
        x: int
    class Meta(type):
        def __instancecheck__(cls, value):
            raise ValueError
        def __subclasscheck__(cls, other):
            raise ValueError
    class Odd(metaclass=Meta):
        pass
    def f(point: Point, odd: Odd):
        return point["x"], type(odd).__name__
    """
    answer = found(source, "f")
    assert "returned" in outcomes(answer)
    assert any("Point(" in each["call"] and "Odd()" in each["call"] for each in answer["inputs"])


def test_what_a_failure_says_of_a_type_is_learned() -> None:
    source = """
    def f(thing):
        return thing.width * thing.height() + thing["no"] if thing is None else thing.width
    """
    assert "returned" in outcomes(found(source, "f"))


def test_given_inputs_are_measured_and_those_that_add_nothing_are_left_out() -> None:
    inputs = [
        {"setup": "", "call": "classify('abc')", "origin": "doctest"},
        {"setup": "", "call": "classify('abd')", "origin": "doctest"},
        {"setup": "", "call": "classify(undefined)", "origin": "doctest"},
    ]
    answer = found(CLASSIFY, "classify", inputs=inputs, keep=2, fuzz={"candidates": 0})
    assert answer["failed"] == [2]
    assert [each["index"] for each in answer["inputs"]] == [0]


def test_what_returns_something_else_fills_the_room_and_tells_mutants() -> None:
    source = "def f(x: int):\n    return x % 3 + x // 2 if x >= 0 else 0"
    few, many = (found(source, "f", keep=keep, mutants=12) for keep in (2, 6))
    assert [len(each["inputs"]) for each in (few, many)] == [2, 6]
    assert many["inputs"][:2] == few["inputs"]
    assert many["mutants"]["made"] == many["mutants"]["killed"] > few["mutants"]["killed"]


def test_junk_is_labelled_and_kept_only_where_nothing_else_is() -> None:
    # Nothing can be multiplied by a module and called, so that all that can be tried is junk.
    answer = found("import math\ndef f(x):\n    return (x * math)()", "f")
    assert [each["labels"] for each in answer["inputs"]] == [["input-type-error"]]


def _settled(asked: Json) -> Json:
    """Asks as the host does: what ended a child is left out."""
    left_out: list[int] = []
    for _ in range(12):
        answer, last = run({**asked, "leave_out": left_out})
        if answer is not None:
            return answer
        left_out.append(last)
    raise AssertionError(left_out)


def test_a_candidate_that_ends_its_child_is_left_out_and_the_rest_is_the_same() -> None:
    source = """
    import os
    def f(n: int):
        if n == 5:
            os._exit(3)
        return n > 3
    """
    answer = _settled(request(source, "f"))
    assert answer["tally"]["left_out"] >= 1
    assert _settled(request(source, "f")) == answer
    assert "returned" in outcomes(answer)


def test_the_search_stops_before_the_execution_that_the_host_names() -> None:
    answer, last = run(request(CLASSIFY, "classify", stop_at=3))
    assert answer is not None
    assert last == 2


@pytest.mark.parametrize("body", ["while True:\n        pass", "return f(n)", "print('x' * 9999)"])
def test_fuel_and_output_end_a_candidate(body: str) -> None:
    loop = (
        f"def f(n):\n    for _ in range(100):\n        {body}\n"
        if "print" in body
        else (f"def f(n):\n    {body}\n")
    )
    answer, _ = run(request(loop, "f", fuzz={"candidates": 5}))
    assert answer is not None
    assert answer["tally"]["candidates"] > 0


def test_two_arguments_can_be_one_object() -> None:
    source = """
    def f(xs: list[int], ys: list[int]):
        return "same" if xs is ys else "other"
    """
    texts = [each["setup"] for each in found(source, "f", fuzz={"candidates": 200})["inputs"]]
    assert any("shared = [" in text for text in texts)


def test_a_text_that_does_not_load_says_so() -> None:
    answer, last = run(request("raise ValueError", "f"))
    assert answer is not None and answer["reason"] == "load-failed ValueError"
    assert last == -1


def test_expressions_give_the_values_again() -> None:
    for value in ([1, (2.5, "a\n"), {"k": {3}}], b"\xff", frozenset({1}), range(3), -0.0, (1,)):
        again = eval(expression_of(value).text)
        assert repr(again) == repr(value)
    nested: list[object] = []
    nested.append(nested)
    for bad in (nested, object(), [object()], 10**5_000):
        with pytest.raises(NoExpressionError):
            expression_of(bad)


def test_strings_that_a_pattern_matches_are_words() -> None:
    import random  # noqa: PLC0415
    import re  # noqa: PLC0415

    for pattern in (
        r"(\d+)-(\w*)",
        r"[a-f]{2,3}x?",
        r"(?P<q>['\"]).*?(?P=q)",
        r"ab|cd",
        r"[^abc]+z",
    ):
        samples = matches(pattern, random.Random(3), 5)
        assert samples and all(re.fullmatch(pattern, each) for each in samples), (pattern, samples)


def _best(source: str) -> Callable[[str], str]:
    tree = ast.parse(textwrap.dedent(source))
    [node] = [each for each in tree.body if isinstance(each, ast.FunctionDef)]
    kinds = Inference(Knowledge({}, {})).of_function(node)

    def name(parameter: str) -> str:
        best = kinds[parameter].best
        return "" if best is None else best.name

    return name


def test_kinds_follow_from_annotations_uses_defaults_names_and_docstrings() -> None:
    best = _best(
        '''
        def f(a: "list[int]", b, c, d=2.5, path=None, n=None, e=(), *rest, **named):
            """
            :param e: things
            """
            for x, y in b.items():
                c.append(x + 1)
            return len(a) + n * 3
        '''
    )
    assert [best(each) for each in ("a", "b", "c", "d", "n")] == [
        "list", "dict", "list", "float", "int",
    ]  # fmt: skip


def test_blind_tries_take_values_of_a_table_only() -> None:
    answer = found("def f(x):\n    return x", "f", blind=["17"], fuzz={"candidates": 3})
    assert [each["call"] for each in answer["inputs"]] == ["f(17)"]


def offered(*pairs: tuple[str, str]) -> list[Json]:
    return [{"setup": setup, "call": call, "origin": "llm"} for setup, call in pairs]


def test_what_a_model_offers_is_read_before_it_runs_and_what_it_adds_is_kept() -> None:
    answer = found(
        CLASSIFY,
        "classify",
        fuzz={"candidates": 0},
        inputs=offered(
            ("", "classify('magic:1')"),
            ("", "classify('a' for"),
            ("while True: pass", "classify('')"),
            ("import os", "classify(os.environ['PATH'])"),
            ("", "classify(''.__class__.__base__.__subclasses__())"),
            ("", "__import__('os')._exit(3)"),
            ("from urllib.request import urlopen", "classify(urlopen('x'))"),
            ("", "classify('')"),
        ),
    )
    assert [each["reason"] for each in answer["offered"]] == [
        None,
        "input-syntax-error",
        "input-form-not-allowed",
        *["input-unsafe"] * 4,
        None,
    ]
    assert answer["offered"][0]["canonical_call"] == "classify('magic:1')"
    kept = {(each["index"], each["origin"]) for each in answer["inputs"]}
    assert kept == {(0, "llm"), (7, "llm")}
    assert answer["tally"]["executions"] == 2


def test_what_no_execution_reached_is_told_by_line() -> None:
    given = [{"setup": "", "call": "classify('ab')", "origin": "given"}]
    missed = found(CLASSIFY, "classify", fuzz={"candidates": 0}, inputs=given)["missed"]
    assert missed == {"lines": [4, 6, 9], "half": [3, 5, 8], "returns": True}
    assert found(CLASSIFY, "classify")["missed"] == {"lines": [], "half": [], "returns": True}


def test_a_constructor_that_begins_a_thread_is_what_ends_its_child() -> None:
    source = """
    import threading
    class Clock:
        def __init__(self, seconds: int):
            self.seconds = seconds
            threading.Thread(target=threading.Event().wait, daemon=True).start()
        def half(self):
            return self.seconds / 2
    """
    left_out: list[int] = []
    for _ in range(3):
        answer, last = run(request(source, "Clock.half", leave_out=left_out))
        assert answer is None
        left_out.append(last)
    assert left_out == [0, 1, 2]
    answer, _ = run(request(source, "Clock.half", leave_out=left_out, stop_at=0))
    assert answer is not None
