"""Runs one program under both backends, each in a forked child, and tells where they differ."""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from support import FILENAME, LIMITS, load

from tracer import core, reference
from tracer.decode import decode

SECONDS_MAX = 60
RECORDERS = {"reference": reference.Recorder, "core": core.Recorder}


@dataclass(frozen=True)
class Case:
    """A program: the text, and an expression over its globals that is the traced call."""

    name: str
    source: str
    call: str = "run()"
    granularity: str = "line"
    limits: tuple[tuple[str, int], ...] = ()


@dataclass
class Outcome:
    """What one backend said: the stream's events, the labels, how the call ended."""

    events: list[dict[str, object]]
    end: dict[str, object]


class PipeSink:
    """Keeps the records; what ends the process, a spent budget among it, sends them."""

    def __init__(self, pipe: int) -> None:
        self._records: list[bytes] = []
        self._pipe = pipe

    def append(self, record: bytes, /) -> None:
        self._records.append(record)

    def stop(self, marker: str, /) -> NoReturn:
        self.send({"stopped": marker})

    def send(self, end: dict[str, object]) -> NoReturn:
        """The last act of the child."""
        data = json.dumps(end).encode() + b"\n" + b"".join(self._records)
        with os.fdopen(self._pipe, "wb") as out:
            out.write(data)
        os._exit(0)


def _prepared(case: Case) -> tuple[dict[str, object], Callable[[], object]]:
    namespace = load(case.source)
    head, _, rest = case.call.partition("(")
    function = namespace[head]
    assert callable(function)
    arguments = eval(f"__arguments({rest}", {**namespace, "__arguments": lambda *a, **k: (a, k)})
    return namespace, lambda: function(*arguments[0], **arguments[1])


def _child(case: Case, backend: str, pipe: int) -> NoReturn:
    signal.alarm(SECONDS_MAX)
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(null, number)
    sink = PipeSink(pipe)
    try:
        namespace, call = _prepared(case)
        limits = {**LIMITS, **dict(case.limits)}
        spec = reference.Spec(case.granularity, frozenset({FILENAME}), namespace, limits)
        result = RECORDERS[backend](spec, sink).run(call)
    except BaseException:
        sink.send({"failed": traceback.format_exc()})
    exception = type(result.exception).__name__
    sink.send({"outcome": result.outcome, "labels": result.labels, "exception": exception})


def run(case: Case, backend: str) -> Outcome:
    """Runs it in a child of its own."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _child(case, backend, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(pid, 0)
    line, _, stream = data.partition(b"\n")
    end = json.loads(line) if line else {"failed": f"no answer, status {status}"}
    if not stream:
        return Outcome([], end)
    trace = decode(stream)
    if trace.fault is not None:
        end = {"failed": trace.fault}
    return Outcome(trace.events, end)


def difference(case: Case) -> str | None:
    """None where both backends say the same."""
    a, b = run(case, "reference"), run(case, "core")
    for index, (x, y) in enumerate(zip(a.events, b.events, strict=False)):
        if x != y or list(x) != list(y):
            keys = [k for k in {**x, **y} if x.get(k) != y.get(k)]
            shown = {k: (x.get(k), y.get(k)) for k in keys}
            return f"event {index} ({x['kind']} line {x['line']}): {shown}"
    if len(a.events) != len(b.events):
        return f"{len(a.events)} events of the reference, {len(b.events)} of core"
    return None if a.end == b.end else f"end: {a.end} against {b.end}"
