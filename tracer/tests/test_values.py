"""Texts of results, arguments and exceptions."""

import json
from decimal import Decimal

import pytest
from support import LIMITS

from tracer import values
from tracer.literals import float_text, int_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (1.0, "1.0"),
        (float("nan"), "float('nan')"),
        (-float("inf"), "-float('inf')"),
        ([1, "a", (2,), {}], "[1, 'a', (2,), {}]"),
        ({"b": 1, 1: [None]}, "{'b': 1, 1: [None]}"),
        ({3, 1, 2}, "{1, 2, 3}"),
        ({"b", "a", 2}, "{'a', 'b', 2}"),
        (set(), "set()"),
        (frozenset({(1, 2)}), "frozenset({(1, 2)})"),
        (..., "..."),
        (b"\x00'", 'b"\\x00\'"'),
        ("\ud800", "'\\ud800'"),
    ],
)
def test_plain_data_is_a_literal(value: object, text: str) -> None:
    assert values.render(value, LIMITS) == (text, True)


def test_shared_list_is_written_twice() -> None:
    inner = ["x"]
    assert values.render([inner, inner], LIMITS) == ("[['x'], ['x']]", True)


def test_cycle_is_a_graph() -> None:
    loop: list[object] = [1]
    loop.append(loop)
    text, is_literal = values.render(loop, LIMITS)
    assert not is_literal
    assert json.loads(text) == {
        "value": "@1",
        "heap": {"1": {"type": "list", "items": ["1", "@1"]}},
    }


def test_object_is_a_graph() -> None:
    text, is_literal = values.render({"d": Decimal("1.5")}, LIMITS)
    assert not is_literal
    assert json.loads(text)["heap"]["2"] == {
        "type": "decimal.Decimal",
        "repr": "Decimal('1.5')",
    }


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10_001,
        list(range(1_001)),
        [[[[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]]]]],
        ["y" * 9_999] * 7,
    ],
    ids=["long string", "many items", "deep", "large"],
)
def test_value_beyond_a_limit_is_no_literal(value: object) -> None:
    text, is_literal = values.render(value, LIMITS)
    assert not is_literal
    json.loads(text)


def test_shared_lists_do_not_explode() -> None:
    value: list[object] = ["leaf"]
    for _ in range(18):
        value = [value] * 100
    text, is_literal = values.render(value, LIMITS)
    assert not is_literal
    assert len(text) < 200_000


class LoudError(Exception):
    """Has a text of its own."""

    def __str__(self) -> str:
        raise AssertionError("asked")


class Shy:
    """An argument that must not be asked."""

    def __repr__(self) -> str:
        raise AssertionError("asked")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("bad", 2), ("ValueError", "('bad', 2)")),
        (KeyError("k"), ("KeyError", "'k'")),
        (ValueError(), ("ValueError", "")),
        (SystemExit(3), ("SystemExit", "3")),
        (LoudError("x"), ("test_values.LoudError", None)),
        (ValueError(Shy()), ("ValueError", None)),
        (ValueError(10**5000), ("ValueError", None)),
    ],
)
def test_exception_text_runs_nothing(
    error: BaseException, expected: tuple[str, str | None]
) -> None:
    assert values.exception_text(error, LIMITS) == expected


@pytest.mark.parametrize("power", [1, 599, 600, 601, 4299])
def test_int_text_is_exact_at_every_size(power: int) -> None:
    for value in (10**power, 10**power - 1, -(10**power) + 1):
        assert int_text(value) == str(value)


def test_huge_int_is_hexadecimal() -> None:
    assert int_text(10**4300) == hex(10**4300)
    assert int_text(-(10**4300)) == hex(-(10**4300))


def test_float_text_is_the_shortest() -> None:
    assert float_text(0.1 + 0.2) == "0.30000000000000004"
    assert float_text(-0.0) == "-0.0"
