"""Calls of one function in one child: what they return, and that one of them costs itself only."""

import json
import os
import textwrap
from typing import Any

from support import stream_of_child

from tracer.synthesis import outputs

Json = dict[str, Any]


def request(source: str, calls: list[str], **fields: Any) -> Json:
    return {
        "v": 1, "kind": "source", "entry": "f", "source": textwrap.dedent(source), "calls": calls,
        "fuel": 1_000, "leave_out": [], "stop_at": None, **fields,
    }  # fmt: skip


def run(asked: Json) -> tuple[list[str | None] | None, int]:
    """The values of a child, and the call that it began last."""

    def work(sink: Any) -> None:
        def announce(number: int) -> None:
            sink.append(b"%d\n" % number)

        answer = outputs.main(asked, announce, os._exit)
        sink.append(b"\0" + json.dumps(answer).encode())

    begun, _, answer = stream_of_child(work).partition(b"\0")
    last = int(begun.split()[-1])
    return (json.loads(answer)["values"] if answer else None), last


def test_each_call_says_what_it_returns_as_a_literal() -> None:
    source = """
        def f(x):
            while x == 0:
                pass
            return object() if x == 1 else [x, {"a": x}]
        """
    calls = ["f(2)", "f(0)", "f(1)", "f(1, 2)", "f(undefined)", "(lambda *given: given)('a' * 2)"]
    values, last = run(request(source, calls))
    assert values == ["[2, {'a': 2}]", None, None, None, None, "('aa',)"]
    assert last == 5


def test_a_call_that_ends_its_child_is_left_out_when_asked_again() -> None:
    source = """
        import os

        def f(x):
            if x == 1:
                os._exit(3)
            return x
        """
    calls = ["f(0)", "f(1)", "f(2)"]
    values, last = run(request(source, calls))
    assert (values, last) == (None, 1)
    assert run(request(source, calls, leave_out=[1])) == (["0", None, "2"], 2)
    assert run(request(source, calls, stop_at=1)) == (["0", None, None], 0)


def test_a_text_that_does_not_load_returns_nothing() -> None:
    assert run(request("raise ValueError\n", ["f(0)"])) == ([None], -1)
