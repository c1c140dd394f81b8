"""Runs one program under both backends, each in a forked child, and tells where they differ."""

import contextlib
import functools
import importlib
import itertools
import json
import os
import random
import re
import signal
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from coverage import Cell, CountingRecorder
from pool import asked
from renumber import Renumbering
from support import FILENAME, LIMITS, load, text_output

from tracer import core, reference
from tracer.decode import decode
from tracer.wire import TAG_FAULT, Sink

# Of CPU time for a program; where everything is slower, as under a sanitizer, more.
SECONDS_MAX = int(os.environ.get("TRACEMILL_PARITY_SECONDS", "60"))
# How often a program of several threads is run again.
TURNS = 4
RECORDERS: dict[str, Callable[[reference.Spec, Sink], Any]] = {
    "reference": reference.Recorder,
    "core": core.Recorder,
    "counted": CountingRecorder,
}
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
# Numbers that a program takes from the world, and where the recorder itself stands.
_WORLD = re.compile(r"\b\d+(\.\d+)?(e-?\d+)?\b|(reference|core)(?=\.py)")
# The library asks for clocks and addresses: what is as large as these may differ, and nothing else.
_LARGE = re.compile(r"0x[0-9a-f]{6,}|\b\d{9,}(\.\d+)?\b")
# Of these modules a clock that has run for days at most is asked, in seconds with a fraction.
_CLOCKED = frozenset({"sched"})
_CLOCK = re.compile(r"0x[0-9a-f]{6,}|\b\d+\.\d{3,}\b|\b\d{9,}(\.\d+)?\b")
# Magic, version and granularity stand before the length of the tracer's name, one byte.
_NAME_AT = 6
_FAULT = bytes([TAG_FAULT])


@dataclass(frozen=True)
class Case:
    """A program: the text, and an expression over its globals that is the traced call.

    Without a call the body of the text is what is traced. `setup` is text that stands before it,
    and is loaded once for all cases that share it. Where `module` names one, its code is traced in
    place of the text's.
    """

    name: str
    source: str
    call: str = "run()"
    granularity: str = "line"
    limits: tuple[tuple[str, int], ...] = ()
    setup: str = ""
    module: str = ""


@dataclass
class Outcome:
    """What one backend said: the stream, the labels, how the call ended."""

    stream: bytes
    end: dict[str, Any]
    cells: Counter[Cell] = field(default_factory=Counter)


class PipeSink:
    """Keeps the records; what ends the process, a spent budget among it, sends them."""

    def __init__(self, pipe: int) -> None:
        self._records: list[bytes] = []
        self._pipe = pipe
        self.recorder: Any = None

    def append(self, record: bytes, /) -> None:
        if record[:1] == _FAULT:
            self.send({"failed": record.decode(errors="replace")})
        self._records.append(record)

    def stop(self, marker: str, /) -> NoReturn:
        self.send({"stopped": marker})

    def send(self, end: dict[str, object]) -> NoReturn:
        """The last act of the child."""
        if type(self.recorder) is CountingRecorder:
            end = {**end, "cells": [[*cell, n] for cell, n in self.recorder.tally.cells.items()]}
        data = json.dumps(end).encode() + b"\n" + b"".join(self._records)
        with os.fdopen(self._pipe, "wb") as out:
            out.write(data)
        os._exit(0)


class _Deaf:
    """What is printed counts for nothing here: golden streams have it."""

    @staticmethod
    def output(fd: int, data: bytes) -> None:
        del fd, data


@functools.cache
def _loaded(setup: str) -> dict[str, Any]:
    return load(setup)


def prepared(case: Case) -> tuple[dict[str, Any], Callable[[], object]]:
    """Globals and the call, for use in a child: the set-up is the parent's."""
    if not case.call:
        code = compile(case.source, FILENAME, "exec")
        body: dict[str, Any] = {"__name__": "__main__"}
        return body, lambda: exec(code, body)
    namespace = _loaded(case.setup) if case.setup else {}
    namespace = load(case.source, namespace=namespace)
    head, _, rest = case.call.partition("(")
    function = namespace[head]
    arguments = eval(f"__arguments({rest}", {**namespace, "__arguments": lambda *a, **k: (a, k)})
    return namespace, lambda: function(*arguments[0], **arguments[1])


def quiet_child(seconds: int) -> None:
    """Nothing of this child is heard, its threads take turns only where they wait, and it ends."""
    # Of its own time, which does not pass while others have the processor.
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.alarm(20 * seconds)
    sys.setswitchinterval(1000)
    random.seed(0)
    # Numbers of threads are the kernel's, and addresses.
    threading.get_native_id = lambda: 7
    numbers, own = itertools.count(1), threading.local()
    threading.get_ident = lambda: (
        vars(own).setdefault("n", 0) or vars(own).update(n=next(numbers)) or own.n
    )
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)


def _child(case: Case, backend: str, pipe: int) -> NoReturn:
    quiet_child(SECONDS_MAX)
    sink = PipeSink(pipe)
    try:
        namespace, call = prepared(case)
        limits = {**LIMITS, **dict(case.limits)}
        files = frozenset({FILENAME})
        if case.module:
            module = importlib.import_module(case.module)
            files, namespace = frozenset({str(module.__file__)}), vars(module)
        spec = reference.Spec(case.granularity, files, namespace, limits)
        recorder = sink.recorder = RECORDERS[backend](spec, sink)
        with (
            contextlib.redirect_stdout(text_output(_Deaf, 1)),
            contextlib.redirect_stderr(text_output(_Deaf, 2)),
        ):
            result = recorder.run(call)
    except BaseException:
        sink.send({"failed": traceback.format_exc()})
    exception = type(result.exception).__name__
    sink.send({"outcome": result.outcome, "labels": result.labels, "exception": exception})


def run(case: Case, backend: str) -> Outcome:
    """Runs it in a child of its own."""
    if case.setup:
        _loaded(case.setup)
    data, status = asked(lambda pipe: _child(case, backend, pipe))
    line, _, stream = data.partition(b"\n")
    end = json.loads(line) if line else {"failed": f"no answer, status {status}"}
    cells = Counter({(row[0], row[1], row[2]): row[3] for row in list(end.pop("cells", ()))})
    return Outcome(stream, end, cells)


def difference_of(case: Case, a: Outcome, b: Outcome) -> str | None:
    """None where both say the same: the reference first."""
    if "failed" in a.end or "failed" in b.end:
        return f"end: {a.end} against {b.end}"
    # What a budget ended has no labels yet.
    masked = "identity" in a.end.get("labels", ()) or "stopped" in a.end
    library = _CLOCK if case.module in _CLOCKED else _LARGE
    mask = library if case.module else _ADDRESS if masked else None
    found = _different_streams(a.stream, b.stream, mask)
    return found if found is not None or a.end == b.end else f"end: {a.end} against {b.end}"


def difference_of_streams(a: bytes, b: bytes, *, worldly: bool = False) -> str | None:
    """The same for streams; all numbers may differ where the program is `worldly`."""
    return _different_streams(a, b, _WORLD if worldly else None)


def _different_streams(a: bytes, b: bytes, mask: re.Pattern[str] | None) -> str | None:
    if a and b and a[_NAME_AT + 1 + a[_NAME_AT] :] == b[_NAME_AT + 1 + b[_NAME_AT] :]:
        return None
    return _different_events(a, b, mask) if a and b else "no stream"


def _events(stream: bytes, mask: re.Pattern[str] | None) -> list[dict[str, Any]]:
    trace = decode(stream)
    if trace.end is not None:
        trace.events.append({"kind": "end", "line": 0, "end": trace.end})
    if trace.fault is not None:
        return [*trace.events, {"kind": "fault", "line": 0, "text": trace.fault}]
    if mask is None:
        return trace.events
    # An address that the program itself asked for depends on who else uses the heap.
    return [json.loads(mask.sub("0", json.dumps(event))) for event in trace.events]


def _different_events(a: bytes, b: bytes, mask: re.Pattern[str] | None) -> str | None:
    mine, other = _events(a, mask), _events(b, mask)
    if mask is None and mine == other:
        return "the same events in other bytes"
    return difference_of_events(mine, other)


def difference_of_events(mine: list[dict[str, Any]], other: list[dict[str, Any]]) -> str | None:
    """None where they are the same, up to the numbers of what lies in the order of addresses."""
    numbers = Renumbering()
    for index, (x, there) in enumerate(zip(mine, other, strict=False)):
        y = numbers.renamed(there)
        if x != y and numbers.learn(x, there):
            y = numbers.renamed(there)
        if x != y or list(x) != list(y):
            keys = [k for k in {**x, **y} if x.get(k) != y.get(k)]
            shown = {k: (x.get(k), y.get(k)) for k in keys}
            return f"event {index} ({x['kind']} line {x['line']}): {shown}"
    if len(mine) != len(other):
        return f"{len(mine)} events of the reference, {len(other)} of core"
    return None


def _has_threads(outcome: Outcome) -> bool:
    return any("thread" in event for event in decode(outcome.stream).events)


def compared(case: Case, backend: str = "reference") -> tuple[str | None, Outcome]:
    """None where both backends say the same, and what the reference, or who counts for it, said.

    Of two threads that wait for the interpreter the kernel says whose turn it is: what differs in a
    program of several threads is run again, and counts where it differs each time.
    """
    first = run(case, backend)
    found = difference_of(case, first, run(case, "core"))
    turns = TURNS if found is not None and "failed" not in first.end and _has_threads(first) else 0
    while found is not None and turns > 0:
        turns -= 1
        found = difference_of(case, run(case, backend), run(case, "core"))
    return found, first


def difference(case: Case) -> str | None:
    """None where both backends say the same."""
    return compared(case)[0]


def differs(case: Case) -> bool:
    """Whether the reference runs it to an end, and the other one does not or differs."""
    found, reference = compared(case)
    return found is not None and "failed" not in reference.end
