"""Traces texts in this process. Runs inside a container, as all tests here do."""

import mmap
import os
import sys
import traceback
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from tracer.decode import Json, Trace, decode
from tracer.reference import Recorder, RunResult, Spec
from tracer.wire import end_record

FILENAME = "<record>"
LIMITS = {
    "events": 20_000,
    "stringCodePoints": 10_000,
    "stringHead": 1_000,
    "containerItems": 1_000,
    "depth": 20,
    "objectBytes": 65_536,
}
# Memory of a child's stream: where it ends, and the stream.
_REGION_BYTES = 64 << 20
_REGION_HEAD = 8


class MemorySink:
    """Keeps records in memory. A spent budget fails the test: such traces are made in a child."""

    def __init__(self) -> None:
        self.records: list[bytes] = []

    def append(self, record: bytes, /) -> None:
        self.records.append(record)

    def stop(self, marker: str, /) -> NoReturn:
        os.write(2, f"budget spent: {marker}\n".encode())
        os._exit(1)

    def data(self) -> bytes:
        return b"".join(self.records)


class RegionSink:
    """Keeps records in memory that outlives the process, as in a sandbox; a spent budget ends it.

    Nothing here waits, so that threads of the program take no turns because of it.
    """

    def __init__(self, region: mmap.mmap) -> None:
        self._region = region
        self._end = _REGION_HEAD

    def append(self, record: bytes, /) -> None:
        end = self._end + len(record)
        self._region[self._end : end] = record
        self._region[:_REGION_HEAD] = end.to_bytes(_REGION_HEAD)
        self._end = end

    def stop(self, marker: str, /) -> NoReturn:
        del marker
        os._exit(0)


def stream_of_child(work: Callable[[RegionSink], None]) -> bytes:
    """What a forked child commits, whatever way it ends."""
    with mmap.mmap(-1, _REGION_BYTES) as region:
        pid = os.fork()
        if pid == 0:
            try:
                work(RegionSink(region))
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        return region[_REGION_HEAD : int.from_bytes(region[:_REGION_HEAD])]


@dataclass
class Traced:
    """One traced call."""

    result: RunResult
    data: bytes
    trace: Trace = field(init=False)

    def __post_init__(self) -> None:
        self.trace = decode(self.data)

    @property
    def events(self) -> list[Json]:
        return self.trace.events

    def kinds(self, *names: str) -> list[Json]:
        return [event for event in self.events if event["kind"] in names]

    def lines(self) -> list[object]:
        return [event["line"] for event in self.kinds("line")]


def load(source: str, name: str = "record") -> dict[str, Any]:
    """The namespace of the text, loaded untraced."""
    namespace: dict[str, Any] = {"__name__": name}
    sys.modules.setdefault(name, types.ModuleType(name))
    exec(compile(source, FILENAME, "exec"), namespace)
    return namespace


def trace_call(
    namespace: dict[str, object],
    call: Callable[[], object],
    granularity: str = "line",
    limits: dict[str, int] | None = None,
) -> Traced:
    """Traces a call of code that has the file name of a record."""
    sink = MemorySink()
    spec = Spec(granularity, frozenset({FILENAME}), namespace, {**LIMITS, **(limits or {})})
    recorder = Recorder(spec, sink)
    result = recorder.run(call)
    return Traced(result, sink.data())


def trace(source: str, *args: object, **options: Any) -> Traced:
    """Traces `run(*args)` of a text."""
    namespace = load(source)
    return trace_call(namespace, lambda: namespace["run"](*args), **options)


def end_of(traced: Traced, fields: Json) -> bytes:
    """The stream with an end record."""
    return traced.data + end_record(fields)
