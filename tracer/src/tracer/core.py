"""The recorder in C behind the interface of tracer.reference: the same events, faster."""

import sys
import types
from collections.abc import Callable

from tracer import _core, _peek
from tracer.plan import plan_of
from tracer.reference import RunResult, Spec
from tracer.safe import protect
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

    def __init__(self, spec: Spec, sink: Sink, *, exact: bool = True) -> None:
        self._sink = sink
        self._level = GRANULARITIES[spec.granularity]
        self._local = _LOCAL_EVENTS
        if self._level >= GRANULARITIES["line"]:
            self._local |= _LINE_EVENTS
        self._filenames = spec.filenames
        _core.open(
            self._level,
            exact,
            spec.filenames,
            spec.entry_globals,
            spec.entry_globals.get("__name__"),
            {"traceBytes": _TRACE_BYTES_MAX, **spec.limits},
            self._plan,
            self._watch,
            self._stop,
            getattr(sink, "region", None),
        )

    def output(self, fd: int, data: bytes) -> None:
        """Bytes that the program wrote to descriptor 1 or 2: they belong to the event before."""
        _core.output(fd, data)

    def run(self, call: Callable[[], object]) -> RunResult:
        """Calls it traced. Raises nothing of the program; a spent budget ends the process."""
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
        return plan_of(code)

    def _watch(self, code: types.CodeType) -> None:
        _monitoring.set_local_events(TOOL_ID, code, self._local)

    def _stop(self, marker: int) -> None:
        """A budget is spent, and no shared memory ends the process."""
        self._sink.append(_core.take())
        self._sink.stop(_STOPS[marker])

    def _start(self) -> None:
        _monitoring.restart_events()
        _monitoring.use_tool_id(TOOL_ID, TOOL_NAME)
        for name, callback in _core.CALLBACKS.items():
            _monitoring.register_callback(TOOL_ID, getattr(_events, name), callback)
        _peek.audit_listen(self._filenames)
        _core.begin()
        _monitoring.set_events(TOOL_ID, _GLOBAL_EVENTS)

    def _finish(self) -> list[str]:
        found, threads, stopped, fault = _core.end()
        heard = _peek.audit_heard()
        labels = {label for label, is_found in found.items() if is_found}
        labels.update(label for bit, label in _HEARD if heard & bit)
        if not self._switch_off():
            labels.add("tampered")
        if threads > 1:
            labels.add("threads")
        records = _core.take()
        _core.close()
        if records and not stopped:
            self._sink.append(records)
        if fault is not None:
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
