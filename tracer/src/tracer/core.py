"""The recorder in C behind the interface of tracer.reference: same events, at the interpreter's own speed."""

import sys
import types
from collections.abc import Callable

from tracer import _core
from tracer.plan import plan_of
from tracer.reference import RunResult, Spec
from tracer.safe import BUILTINS
from tracer.wire import GRANULARITIES, Sink, fault_record

__builtins__ = BUILTINS

TOOL_ID = 4
TOOL_NAME = "tracemill-trace"
_STOPS = {1: "events", 3: "trace-bytes"}
# MAX_LIMITS.traceBytes, where a spec names no other.
_TRACE_BYTES_MAX = 256 << 20
_monitoring = sys.monitoring
_events = _monitoring.events
_NONE = _events.NO_EVENTS
_GLOBAL_EVENTS = (
    _events.PY_START
    | _events.PY_RESUME
    | _events.PY_THROW
    | _events.PY_UNWIND
    | _events.RAISE
    | _events.RERAISE
    | _events.EXCEPTION_HANDLED
)
_LOCAL_EVENTS = _events.PY_RETURN | _events.PY_YIELD | _events.INSTRUCTION
_LINE_EVENTS = _events.LINE | _events.JUMP


class Recorder:
    """Traces one call in this process. Fuel and time are counted elsewhere."""

    def __init__(self, spec: Spec, sink: Sink) -> None:
        self._sink = sink
        self._level = GRANULARITIES[spec.granularity]
        self._local = _LOCAL_EVENTS
        if self._level >= GRANULARITIES["line"]:
            self._local |= _LINE_EVENTS
        self._sent = 0
        _core.open(
            self._level,
            spec.filenames,
            spec.entry_globals,
            spec.entry_globals.get("__name__"),
            {"traceBytes": _TRACE_BYTES_MAX, **spec.limits},
            self._plan,
            self._watch,
            getattr(sink, "region", None),
        )

    def output(self, fd: int, data: bytes) -> None:
        """Bytes that the program wrote to descriptor 1 or 2: they belong to the event before."""
        _core.output(fd, data)

    def run(self, call: Callable[[], object]) -> RunResult:
        """Calls it traced. Never raises what the program raises; a spent budget ends the process."""
        self._start()
        try:
            value = call()
        except SystemExit as error:
            result = RunResult("exited", None, error, [])
        except BaseException as error:
            result = RunResult("raised", None, error, [])
        else:
            result = RunResult("returned", value, None, [])
        result.labels = self._finish()
        return result

    def _plan(self, code: types.CodeType) -> tuple[object, ...]:
        return plan_of(code, self._level == GRANULARITIES["instruction"])

    def _watch(self, code: types.CodeType) -> None:
        _monitoring.set_local_events(TOOL_ID, code, self._local)

    def _start(self) -> None:
        _monitoring.use_tool_id(TOOL_ID, TOOL_NAME)
        for name, callback in _core.CALLBACKS.items():
            _monitoring.register_callback(TOOL_ID, getattr(_events, name), callback)
        _core.begin()
        _monitoring.set_events(TOOL_ID, _GLOBAL_EVENTS)

    def _is_intact(self) -> bool:
        if _monitoring.get_tool(TOOL_ID) != TOOL_NAME:
            return False
        return _monitoring.get_events(TOOL_ID) == _GLOBAL_EVENTS

    def _finish(self) -> list[str]:
        found, threads, stopped, fault = _core.end()
        labels = {label for label, is_found in found.items() if is_found}
        if not self._is_intact():
            labels.add("tampered")
        if threads > 1:
            labels.add("threads")
        self._switch_off()
        records = _core.take()
        _core.close()
        if records:
            self._sink.append(records)
        if fault is not None:
            self._sink.append(fault_record(fault))
        if stopped:
            self._sink.stop(_STOPS[stopped])
        return sorted(labels)

    def _switch_off(self) -> None:
        if _monitoring.get_tool(TOOL_ID) != TOOL_NAME:
            return
        for name in _core.CALLBACKS:
            _monitoring.register_callback(TOOL_ID, getattr(_events, name), None)
        _monitoring.set_events(TOOL_ID, _NONE)
        for code in _core.codes():
            _monitoring.set_local_events(TOOL_ID, code, _NONE)
        _monitoring.free_tool_id(TOOL_ID)
