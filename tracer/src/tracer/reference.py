"""The reference tracer: slow, obvious, the oracle of every other backend (docs/trace-format.md).

It looks at the whole state before every instruction of traced code, in monitoring callbacks.
"""

import os
import sys
import traceback
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from tracer import _peek, set_order
from tracer.activation import Activation
from tracer.code_facts import CodeFacts, Instruction
from tracer.describe import Describer
from tracer.event_writer import Event, EventWriter, Tables
from tracer.global_names import Globals
from tracer.heap import Heap
from tracer.naming import callable_module, callable_name, plain
from tracer.safe import copy_of, protect
from tracer.wire import GRANULARITIES, Sink, fault_record, header_record, output_record

protect(globals())

# Backend and version, as headers and rows name it.
TRACER = "reference/1"
TOOL_ID = 4
TOOL_NAME = "tracemill-trace"
FAULT_EXIT = 70
_HEARD = ((1, "tampered"), (2, "threads"), (4, "processes"))
_GENERIC = "<generic parameters of "
_events = sys.monitoring.events
# The functions themselves: the program may put others into the module.
_monitoring = copy_of(sys.monitoring)
_DISABLE = _monitoring.DISABLE
_exit = os._exit
_format_exception = traceback.format_exception

_LOCAL_EVENTS = (
    _events.PY_RETURN | _events.PY_YIELD | _events.LINE | _events.JUMP | _events.INSTRUCTION
)
_GLOBAL_EVENTS = (
    _events.PY_START
    | _events.PY_RESUME
    | _events.PY_THROW
    | _events.PY_UNWIND
    | _events.RAISE
    | _events.RERAISE
    | _events.EXCEPTION_HANDLED
)


@dataclass(frozen=True)
class Spec:
    """What to trace. `limits` has the names of src/contract/limits.ts."""

    granularity: str
    filenames: frozenset[str]
    entry_globals: dict[str, object]
    limits: Mapping[str, int]


@dataclass
class RunResult:
    """How the traced call ended, and the labels that the tracer found."""

    outcome: Literal["returned", "raised", "exited"]
    value: object | None
    exception: BaseException | None
    labels: list[str]


class Recorder:
    """Traces one call in this process. Fuel and time are counted elsewhere."""

    def __init__(self, spec: Spec, sink: Sink) -> None:
        self._spec = spec
        self._sink = sink
        self._level = GRANULARITIES[spec.granularity]
        module = spec.entry_globals.get("__name__")
        self._module = module
        self._heap = Heap(spec.limits, Describer(spec.limits, spec.filenames, module))
        self._globals = Globals(spec.entry_globals, self._heap)
        # By id(code): facts of traced codes, None for codes that are known to be untraced.
        self._facts: dict[int, CodeFacts] = {}
        self._called: set[int] = set()
        self._frames: dict[int, Activation] = {}
        self._frame_count = 0
        self._callbacks: dict[int, Callable[..., object]] = {}
        self._labels: set[str] = set()
        sink.append(header_record(TRACER, self._level))
        self._writer = EventWriter(
            Tables(self._heap, self._globals, self._facts, self._frames),
            sink,
            spec.limits["events"],
        )

    def output(self, fd: int, data: bytes) -> None:
        """Bytes that the program wrote to descriptor 1 or 2: they belong to the event before."""
        self._sink.append(output_record(fd, data))

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
        self._finish()
        result.labels = sorted(self._labels)
        return result

    # Switching on and off.

    def _handlers(self) -> dict[int, Callable[..., object]]:
        handlers: dict[int, Callable[..., object]] = {
            _events.PY_START: self._on_start,
            _events.PY_RESUME: self._on_resume,
            _events.PY_THROW: self._on_throw,
            _events.PY_RETURN: self._on_return,
            _events.PY_YIELD: self._on_yield,
            _events.PY_UNWIND: self._on_unwind,
            _events.RAISE: self._on_raise,
            _events.RERAISE: self._on_reraise,
            _events.EXCEPTION_HANDLED: self._on_handled,
            _events.INSTRUCTION: self._on_instruction,
        }
        if self._level >= GRANULARITIES["line"]:
            handlers[_events.LINE] = self._on_line
            handlers[_events.JUMP] = self._on_jump
        return handlers

    def _start(self) -> None:
        _monitoring.use_tool_id(TOOL_ID, TOOL_NAME)
        _peek.watch()
        for event, handler in self._handlers().items():
            callback = _peek.hook(self._guarded(handler))
            self._callbacks[event] = callback
            _monitoring.register_callback(TOOL_ID, event, callback)
        _peek.audit_listen(self._spec.filenames)
        _monitoring.set_events(TOOL_ID, _GLOBAL_EVENTS)

    def _finish(self) -> None:
        heard = _peek.audit_heard()
        self._labels.update(label for bit, label in _HEARD if heard & bit)
        if not self._switch_off():
            self._labels.add("tampered")
        _peek.unwatch()
        if self._heap.address_seen:
            self._labels.add("identity")
        if self._writer.thread_count > 1:
            self._labels.add("threads")

    def _switch_off(self) -> bool:
        """False where something of the tool was not as it was switched on."""
        intact = bool(_monitoring.get_tool(TOOL_ID) == TOOL_NAME)
        if not intact:
            # Events and callbacks outlive a tool that was freed.
            _monitoring.free_tool_id(TOOL_ID)
            _monitoring.use_tool_id(TOOL_ID, TOOL_NAME)
        intact = intact and bool(_monitoring.get_events(TOOL_ID) == _GLOBAL_EVENTS)
        _monitoring.set_events(TOOL_ID, 0)
        for facts in self._facts.values():
            events = _monitoring.get_local_events(TOOL_ID, facts.code)
            intact = intact and bool(events == _LOCAL_EVENTS)
            _monitoring.set_local_events(TOOL_ID, facts.code, 0)
        for event, callback in self._callbacks.items():
            intact = _monitoring.register_callback(TOOL_ID, event, None) is callback and intact
        _monitoring.free_tool_id(TOOL_ID)
        return intact

    def _guarded(self, handler: Callable[..., object]) -> Callable[..., object]:
        """A mistake in a handler ends the process with a record of it, outside the program."""

        def guarded(*args: object) -> object:
            try:
                return handler(*args)
            except BaseException as error:
                self._sink.append(fault_record("".join(_format_exception(error))))
                _exit(FAULT_EXIT)

        return guarded

    # Codes and activations.

    def _is_traced(self, code: types.CodeType) -> bool:
        return code.co_filename in self._spec.filenames and not code.co_name.startswith(_GENERIC)

    def _facts_of(self, code: types.CodeType) -> CodeFacts:
        facts = self._facts.get(id(code))
        if facts is None:
            facts = self._facts[id(code)] = CodeFacts(code)
            _monitoring.set_local_events(TOOL_ID, code, _LOCAL_EVENTS)
        return facts

    def _activate(self, frame: int, code: types.CodeType) -> Activation:
        self._frame_count += 1
        activation = Activation(self._frame_count, self._facts_of(code))
        self._frames[frame] = activation
        if id(code) not in self._called:
            self._called.add(id(code))
            self._globals.add(activation.facts)
            if not activation.facts.is_optimized and self._globals.is_namespace(
                _peek.namespace(frame)
            ):
                self._globals.add_all()
        return activation

    def _known(self, frame: int, code: types.CodeType) -> Activation | None:
        if id(code) not in self._facts:
            return None
        activation = self._frames.get(frame)
        if activation is None or activation.facts.code is not code:
            return None
        return activation

    # Events of the interpreter.

    def _on_start(self, frame: int, code: types.CodeType, offset: int) -> object:
        if not self._is_traced(code):
            return _DISABLE
        self._heap.check(frame)
        activation = self._activate(frame, code)
        self._writer.write(Event("call", frame, offset, activation, name=plain(code.co_qualname)))
        return None

    def _on_resume(self, frame: int, code: types.CodeType, offset: int) -> object:
        if not self._is_traced(code):
            return _DISABLE
        self._resume(frame, code, offset)
        return None

    def _on_throw(self, frame: int, code: types.CodeType, offset: int, error: object) -> None:
        del error
        if self._is_traced(code):
            self._resume(frame, code, offset)

    def _resume(self, frame: int, code: types.CodeType, offset: int) -> None:
        self._heap.check(frame)
        activation = self._known(frame, code)
        name = None
        if activation is None or offset < activation.facts.prologue_end:
            activation = self._activate(frame, code)
            name = plain(code.co_qualname)
        self._writer.write(Event("resume", frame, offset, activation, name=name))

    def _on_return(self, frame: int, code: types.CodeType, offset: int, value: object) -> None:
        activation = self._known(frame, code)
        if activation is not None:
            self._heap.check(frame)
            self._writer.write(Event("return", frame, offset, activation, value))
            del self._frames[frame]

    def _on_yield(self, frame: int, code: types.CodeType, offset: int, value: object) -> None:
        activation = self._known(frame, code)
        if activation is not None:
            self._heap.check(frame)
            given = _peek.yielded(value)
            self._writer.write(Event("yield", frame, offset, activation, given))

    def _on_unwind(self, frame: int, code: types.CodeType, offset: int, error: object) -> None:
        activation = self._known(frame, code)
        if activation is not None:
            self._heap.check(frame)
            self._writer.write(Event("unwind", frame, offset, activation, error))
            del self._frames[frame]

    def _on_raise(self, frame: int, code: types.CodeType, offset: int, error: object) -> None:
        activation = self._known(frame, code)
        if activation is None:
            return
        self._heap.check(frame)
        facts = activation.facts
        instruction = facts.at.get(offset)
        op = "" if instruction is None else instruction.op
        kind = type(error)
        if issubclass(kind, StopIteration) and op in ("FOR_ITER", "SEND", "END_SEND"):
            return
        if issubclass(kind, StopAsyncIteration) and facts.handler_op(offset) == "END_ASYNC_FOR":
            return
        self._writer.write(Event("raise", frame, offset, activation, error))

    def _on_reraise(self, frame: int, code: types.CodeType, offset: int, error: object) -> None:
        activation = self._known(frame, code)
        if activation is None:
            return
        self._heap.check(frame)
        instruction = activation.facts.at.get(offset)
        if instruction is not None and instruction.op == "RAISE_VARARGS":
            self._writer.write(Event("raise", frame, offset, activation, error))

    def _on_handled(self, frame: int, code: types.CodeType, offset: int, error: object) -> None:
        activation = self._known(frame, code)
        if activation is None:
            return
        self._heap.check(frame)
        instruction = activation.facts.at.get(offset)
        if instruction is not None and instruction.op == "PUSH_EXC_INFO":
            self._writer.write(Event("handled", frame, offset, activation, error))

    def _on_line(self, frame: int, code: types.CodeType, line: int) -> None:
        del line
        activation = self._known(frame, code)
        offset = _peek.offset(frame)
        if activation is not None and offset > activation.facts.prologue_end:
            self._heap.check(frame)
            self._writer.write(Event("line", frame, offset, activation))

    def _on_jump(self, frame: int, code: types.CodeType, offset: int, target: int) -> None:
        activation = self._known(frame, code)
        if activation is None or target > offset:
            return
        line = activation.facts.line(offset)
        if line is not None and line == activation.facts.line(target):
            self._heap.check(frame)
            self._writer.write(Event("line", frame, offset, activation))

    def _on_instruction(self, frame: int, code: types.CodeType, offset: int) -> None:
        activation = self._known(frame, code)
        if activation is None or offset <= activation.facts.prologue_end:
            return
        instruction = activation.facts.at.get(offset)
        if instruction is None or instruction.op == "RESUME":
            return
        self._heap.check(frame)
        if self._level == GRANULARITIES["instruction"]:
            self._writer.write(Event("instruction", frame, offset, activation))
        depth = activation.facts.depth(offset)
        self._labels.update(set_order.labels_at(instruction, frame, depth))
        if instruction.op in ("CALL", "CALL_KW", "CALL_FUNCTION_EX"):
            self._note_call(activation, instruction, _peek.stack(frame, depth))

    # Calls of untraced code.

    def _note_call(
        self, activation: Activation, instruction: Instruction, stack: list[object]
    ) -> None:
        if instruction.op == "CALL_FUNCTION_EX":
            first = len(stack) - 3 - (instruction.arg & 1)
            operands = stack[first + 2 :]
            if type(operands[0]) is tuple:
                operands = [*operands[0], *operands[1:]]
        else:
            first = len(stack) - 2 - instruction.arg - (instruction.op == "CALL_KW")
            operands = stack[first + 1 :]
        callee = stack[first]
        if self._is_own(callee):
            return
        self._labels.update(set_order.labels_of_call(callee, operands))
        name = callable_name(callee)
        if name not in activation.opaque:
            activation.opaque.append(name)
        if callable_module(callee) != "builtins":
            self._labels.add("opaque")

    def _is_own(self, callee: object) -> bool:
        if type(callee) is types.MethodType:
            callee = callee.__func__
        if type(callee) is types.FunctionType:
            # The hidden function of type parameters is untraced, and not the program's.
            return _peek.function(callee)[0].co_filename in self._spec.filenames
        return issubclass(type(callee), type) and callable_module(callee) == self._module
