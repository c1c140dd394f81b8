"""Counts which opcodes, events and kinds of values the reference saw: cells of the matrix.

A cell is (opcode, event, kind of value). At an instruction the values are those that it takes from
the stack or puts there; at the events with a value, that value; at a call and a line, what the
names hold; at a resumption what was sent.
"""

import opcode
from collections import Counter
from collections.abc import Callable

from support import FILENAME
from value_kinds import kind_of

from tracer import _peek, reference
from tracer.code_facts import CodeFacts, Instruction
from tracer.event_writer import Event
from tracer.wire import Sink

Cell = tuple[str, str, str]
# Stands for the opcode or the value where it tells nothing about the other.
ANY = "*"

# How many values each opcode takes, top first; of those with an argument, as a function of it.
_TAKES: dict[str, int | Callable[[int], int]] = {
    **dict.fromkeys(
        (
            *("GET_ITER", "GET_YIELD_FROM_ITER", "GET_AITER", "GET_AWAITABLE", "GET_LEN"),
            *("UNARY_INVERT", "UNARY_NEGATIVE", "UNARY_NOT", "TO_BOOL", "POP_TOP", "PUSH_EXC_INFO"),
            *("MATCH_MAPPING", "MATCH_SEQUENCE", "RETURN_VALUE", "YIELD_VALUE", "POP_EXCEPT"),
            *(
                "STORE_FAST",
                "STORE_DEREF",
                "STORE_GLOBAL",
                "STORE_NAME",
                "DELETE_ATTR",
                "LOAD_ATTR",
            ),
            *("POP_JUMP_IF_FALSE", "POP_JUMP_IF_TRUE", "POP_JUMP_IF_NONE", "POP_JUMP_IF_NOT_NONE"),
            *(
                "STORE_FAST_LOAD_FAST",
                "UNPACK_SEQUENCE",
                "UNPACK_EX",
                "CONVERT_VALUE",
                "FORMAT_SIMPLE",
            ),
            *("BEFORE_WITH", "BEFORE_ASYNC_WITH", "GET_ANEXT", "END_FOR", "CALL_INTRINSIC_1"),
            *("MAKE_FUNCTION", "IMPORT_FROM", "FOR_ITER", "LOAD_FROM_DICT_OR_DEREF"),
            *("LOAD_FROM_DICT_OR_GLOBALS", "LIST_APPEND", "SET_ADD", "LIST_EXTEND", "SET_UPDATE"),
            *("DICT_UPDATE", "DICT_MERGE", "RERAISE", "WITH_EXCEPT_START"),
        ),
        1,
    ),
    **dict.fromkeys(
        (
            *("BINARY_OP", "BINARY_SUBSCR", "COMPARE_OP", "CONTAINS_OP", "IS_OP", "STORE_ATTR"),
            *("DELETE_SUBSCR", "CHECK_EXC_MATCH", "CHECK_EG_MATCH", "FORMAT_WITH_SPEC", "SEND"),
            *("END_SEND", "END_ASYNC_FOR", "IMPORT_NAME", "MATCH_KEYS", "STORE_FAST_STORE_FAST"),
            *("CALL_INTRINSIC_2", "SET_FUNCTION_ATTRIBUTE", "MAP_ADD"),
        ),
        2,
    ),
    **dict.fromkeys(
        ("BINARY_SLICE", "STORE_SUBSCR", "LOAD_SUPER_ATTR", "MATCH_CLASS", "CLEANUP_THROW"), 3
    ),
    "STORE_SLICE": 4,
    "SWAP": lambda arg: arg,
    "COPY": lambda arg: arg,
    "CALL": lambda arg: arg + 2,
    "CALL_KW": lambda arg: arg + 3,
    "CALL_FUNCTION_EX": lambda arg: 3 + (arg & 1),
    "RAISE_VARARGS": lambda arg: arg,
    "BUILD_SLICE": lambda arg: arg,
    "BUILD_LIST": lambda arg: arg,
    "BUILD_TUPLE": lambda arg: arg,
    "BUILD_SET": lambda arg: arg,
    "BUILD_STRING": lambda arg: arg,
    "BUILD_MAP": lambda arg: 2 * arg,
    "BUILD_CONST_KEY_MAP": lambda arg: arg + 1,
}
_HAS_ARG = frozenset(opcode.hasarg)
_PUTS = (
    "LOAD_",
    "COPY",
    "BUILD_",
    "BINARY_",
    "CALL",
    "UNARY_",
    "FOR_ITER",
    "UNPACK_",
    "GET_",
    "SEND",
    "MAKE_",
)


def _takes(instruction: Instruction) -> int:
    count = _TAKES.get(instruction.op, 0)
    return count if isinstance(count, int) else count(instruction.arg)


def _puts(instruction: Instruction) -> int:
    """How many values an instruction leaves that were not there."""
    effect = _stack_effect(instruction)
    return max(0, effect + _takes(instruction)) if instruction.op.startswith(_PUTS) else 0


def _stack_effect(instruction: Instruction) -> int:
    has_arg = instruction.code in _HAS_ARG
    return opcode.stack_effect(instruction.code, instruction.arg if has_arg else None, jump=False)


def _covering(facts: CodeFacts, offset: int) -> Instruction | None:
    """The instruction at an offset, which may be that of one of its caches."""
    while offset >= 0 and offset not in facts.at:
        offset -= 2
    return facts.at.get(offset)


class Tally:
    """Cells of one trace."""

    def __init__(self) -> None:
        self.cells: Counter[Cell] = Counter()
        self._frame = 0
        self._next = -1
        self._op = ""
        self._count = 0

    def instruction(self, facts: CodeFacts, frame: int, offset: int) -> None:
        """Before an instruction: what it takes, and what the one before it put."""
        instruction = facts.at[offset]
        stack = _peek.stack(frame, facts.depth(offset))
        kinds: set[str] = set()
        if self._count and frame == self._frame and offset == self._next:
            for value in stack[-self._count :]:
                self.cells[self._op, "instruction", kind_of(value, FILENAME)] += 1
        takes = _takes(instruction)
        if takes:
            kinds.update(kind_of(value, FILENAME) for value in stack[-takes:])
        for kind in kinds or {ANY}:
            self.cells[instruction.op, "instruction", kind] += 1
        self._frame, self._next, self._op = frame, instruction.next, instruction.op
        self._count = _puts(instruction)

    def event(self, event: Event) -> None:
        """Before an event other than an instruction."""
        facts = event.activation.facts
        instruction = _covering(facts, event.offset)
        op = ANY if instruction is None else instruction.op
        if event.kind in ("call", "line"):
            self.cells[op, event.kind, ANY] += 1
            kinds = {kind_of(value, FILENAME) for value in _peek.slots(event.frame)}
            for kind in kinds:
                self.cells[ANY, event.kind, kind] += 1
        elif event.kind == "resume":
            stack = _peek.stack(event.frame, facts.depth(event.offset))
            self.cells[op, event.kind, ANY] += 1
            if stack:
                self.cells[ANY, event.kind, kind_of(stack[-1], FILENAME)] += 1
        elif event.kind in ("return", "yield"):
            self.cells[op, event.kind, kind_of(event.payload, FILENAME)] += 1
        else:
            self.cells[op, event.kind, ANY] += 1
            self.cells[ANY, event.kind, kind_of(event.payload, FILENAME)] += 1


class CountingRecorder(reference.Recorder):
    """The reference, which also counts cells."""

    def __init__(self, spec: reference.Spec, sink: Sink) -> None:
        super().__init__(spec, sink)
        self.tally = Tally()
        self._write = self._writer.write
        self._writer.write = self._counted  # type: ignore[method-assign]

    def _counted(self, event: Event) -> None:
        if event.kind == "instruction":
            self.tally.instruction(event.activation.facts, event.frame, event.offset)
        else:
            self.tally.event(event)
        self._write(event)
