"""The recorder in C behind the interface of tracer.reference: the same events, faster."""

import sys
import types
from collections.abc import Callable

from tracer import _core, _peek
from tracer.plan import plan_of
from tracer.reference import RunResult, Spec
from tracer.safe import copy_of, protect
from tracer.wire import GRANULARITIES, Sink, fault_record

protect(globals())

# Backend and version, as headers and rows name it.
TRACER = _core.TRACER
TOOL_ID = 4
TOOL_NAME = "tracemill-trace"
_HEARD = ((1, "tampered"), (2, "threads"), (4, "processes"))
_STOPS = {1: "events", 3: "trace-bytes"}
# MAX_LIMITS.traceBytes, where a spec names no other.
_TRACE_BYTES_MAX = 256 << 20
# The functions themselves: the program may put others into the module.
_monitoring = copy_of(sys.monitoring)
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
_CALL_EVENTS = _events.PY_RETURN | _events.PY_YIELD | _events.INSTRUCTION
_LINE_EVENTS = _CALL_EVENTS | _events.LINE | _events.JUMP


def _watch_calls(code: types.CodeType) -> None:
    _watch(code, _CALL_EVENTS)


def _watch_lines(code: types.CodeType) -> None:
    _watch(code, _LINE_EVENTS)


def _watch(code: types.CodeType, events: int) -> None:
    """Also where events of single places were switched off: only new ones are switched on."""
    _monitoring.set_local_events(TOOL_ID, code, _NONE)
    _monitoring.set_local_events(TOOL_ID, code, events)


class RecorderError(Exception):
    """The recorder made a mistake: what it recorded is of no use."""


class Recorder:
    """Traces one call in this process. Fuel and time are counted elsewhere."""

    def __init__(self, spec: Spec, sink: Sink, *, exact: bool = True) -> None:
        self._sink = sink
        level = GRANULARITIES[spec.granularity]
        with_lines = level >= GRANULARITIES["line"]
        self._local = _LINE_EVENTS if with_lines else _CALL_EVENTS
        self._filenames = spec.filenames
        self._region = getattr(sink, "region", None)
        _core.open(
            level,
            exact,
            spec.filenames,
            spec.entry_globals,
            spec.entry_globals.get("__name__"),
            {"traceBytes": _TRACE_BYTES_MAX, **spec.limits},
            plan_of,
            _watch_lines if with_lines else _watch_calls,
            None if self._region is not None else self._stop,
            self._region,
        )

    def output(self, fd: int, data: bytes) -> None:
        """Bytes that the program wrote to descriptor 1 or 2: they belong to the event before."""
        _core.output(fd, data)

    def run(self, call: Callable[[], object]) -> RunResult:
        """Calls it traced. Raises nothing of the program; a spent budget ends the process."""
        self._start()
        try:
            value = _core.run(call)
        except SystemExit as error:
            result = RunResult("exited", None, error, [])
        except BaseException as error:
            result = RunResult("raised", None, error, [])
        else:
            result = RunResult("returned", value, None, [])
        result.labels = self._finish()
        return result

    def _stop(self, marker: int) -> None:
        """A budget is spent, and no shared memory ends the process."""
        self._sink.append(_core.take())
        self._sink.stop(_STOPS[marker])

    def _start(self) -> None:
        if self._region is None:
            # Of an earlier recording in this process: a child has one.
            _monitoring.restart_events()
        _monitoring.use_tool_id(TOOL_ID, TOOL_NAME)
        for name, callback in _core.CALLBACKS.items():
            _monitoring.register_callback(TOOL_ID, getattr(_events, name), callback)
        _peek.audit_listen(self._filenames)
        _monitoring.set_events(TOOL_ID, _GLOBAL_EVENTS)

    def _finish(self) -> list[str]:
        found, threads, stopped, fault = _core.found()
        heard = _peek.audit_heard()
        labels = {label for label, is_found in found.items() if is_found}
        labels.update(label for bit, label in _HEARD if heard & bit)
        if not self._switch_off():
            labels.add("tampered")
        if threads > 1:
            labels.add("threads")
        if self._region is None:
            records = _core.take()
            _core.close()
            if records and not stopped:
                self._sink.append(records)
        if fault is not None:
            if self._region is not None:
                raise RecorderError(fault)
            self._sink.append(fault_record(fault))
        return sorted(labels)

    def _switch_off(self) -> bool:
        """False where something of the tool was not as it was switched on."""
        if _monitoring.get_tool(TOOL_ID) != TOOL_NAME:
            return False
        intact = bool(_monitoring.get_events(TOOL_ID) == _GLOBAL_EVENTS)
        _monitoring.set_events(TOOL_ID, _NONE)
        for code in _core.codes():
            events = _monitoring.get_local_events(TOOL_ID, code)
            intact = intact and bool(events == self._local)
            _monitoring.set_local_events(TOOL_ID, code, _NONE)
        for name, callback in _core.CALLBACKS.items():
            event = getattr(_events, name)
            intact = _monitoring.register_callback(TOOL_ID, event, None) is callback and intact
        _monitoring.free_tool_id(TOOL_ID)
        return intact
