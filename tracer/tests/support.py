"""Traces texts in this process. Runs inside a container, as all tests here do."""

import ctypes
import io
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


class _Region(ctypes.Structure):
    """struct core_region of csrc/region.h."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("room", ctypes.c_uint64),
        ("committed", ctypes.c_void_p),
        ("stop", ctypes.c_void_p),
        ("output", ctypes.c_void_p),
    )


_NAME = b"tracer.region"


class RegionSink:
    """Keeps records in memory that outlives the process, as in a sandbox; a spent budget ends it.

    Nothing here waits, so that threads of the program take no turns because of it.
    """

    def __init__(self, region: mmap.mmap) -> None:
        self._region = region
        self._end = _REGION_HEAD

    def for_core(self) -> Any:
        """A sink of the recorder in C, which writes into the memory itself."""
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._region))
        stop = ctypes.CFUNCTYPE(None, ctypes.c_uint32)(lambda marker: os._exit(0))
        room = _REGION_BYTES - _REGION_HEAD
        shared = _Region(
            start + _REGION_HEAD, room, start, ctypes.cast(stop, ctypes.c_void_p).value
        )
        make = ctypes.pythonapi.PyCapsule_New
        make.restype, make.argtypes = (
            ctypes.py_object,
            [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p],
        )
        region = make(ctypes.addressof(shared), _NAME, None)
        take = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t)

        def output(fd: int, data: bytes) -> None:
            # The recorder has set it by now.
            take(shared.output)(fd, data, len(data))

        return types.SimpleNamespace(
            region=region, append=self.append_native, output=output, kept=(shared, stop)
        )

    def append_native(self, record: bytes, /) -> None:
        """One more record behind those that the recorder in C committed."""
        self._end = _REGION_HEAD + int.from_bytes(self._region[:_REGION_HEAD], sys.byteorder)
        end = self._end + len(record)
        self._region[self._end : end] = record
        self._region[:_REGION_HEAD] = (end - _REGION_HEAD).to_bytes(_REGION_HEAD, sys.byteorder)

    def append(self, record: bytes, /) -> None:
        end = self._end + len(record)
        self._region[self._end : end] = record
        self._region[:_REGION_HEAD] = (end - _REGION_HEAD).to_bytes(_REGION_HEAD, sys.byteorder)
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
        size = int.from_bytes(region[:_REGION_HEAD], sys.byteorder)
        return region[_REGION_HEAD : _REGION_HEAD + size]


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


class _Output(io.RawIOBase):
    """Hands every write to the recorder."""

    def __init__(self, recorder: Any, fd: int) -> None:
        self._recorder = recorder
        self._fd = fd

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._recorder.output(self._fd, bytes(data))
        return len(data)


def text_output(recorder: Any, fd: int) -> io.TextIOWrapper:
    """A text stream whose writes belong to the recorder's last event."""
    raw: Any = _Output(recorder, fd)
    return io.TextIOWrapper(raw, encoding="utf-8", newline="\n", write_through=True)


def load(
    source: str, name: str = "record", namespace: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The namespace of the text, loaded untraced; into one that is there, where it is given."""
    if namespace is None:
        namespace = {}
    namespace["__name__"] = name
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
