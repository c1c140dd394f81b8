"""What is known of a code object before it runs: instructions, lines, depths, borrowed slots."""

import opcode
import types
from collections.abc import Iterator
from dataclasses import dataclass

from tracer.literals import SCALAR_TYPES, TUPLE_LEAVES_MAX, scalar_text, tuple_text
from tracer.naming import plain
from tracer.safe import protect

protect(globals())

_OPNAMES = {
    number: name for name, number in opcode.opmap.items() if not name.startswith("INSTRUMENTED_")
}
_CACHES = {
    number: opcode._inline_cache_entries.get(name, 0)  # type: ignore[attr-defined]
    for number, name in _OPNAMES.items()
}
_HAS_JUMP = frozenset((*opcode.hasjrel, *opcode.hasjabs))
_HAS_ARG = frozenset(opcode.hasarg)
_HAS_NAME = frozenset(opcode.hasname)
_HAS_SLOT = frozenset((*opcode.haslocal, *opcode.hasfree))
_HAS_CONST = frozenset(opcode.hasconst)
_BINARY_SIGNS = tuple(sign for _, sign in opcode._nb_ops)  # type: ignore[attr-defined]
_COMPARE_SIGNS = tuple(opcode.cmp_op)
_stack_effect = opcode.stack_effect
_ENDS = frozenset({"RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"})
_GOES = frozenset({"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"})
_TWO_SLOTS = frozenset({"LOAD_FAST_LOAD_FAST", "STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST"})
_GLOBAL_OPS = frozenset(
    {"LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"}
)
_SHIFTED_NAMES = {"LOAD_GLOBAL": 1, "LOAD_ATTR": 1, "LOAD_SUPER_ATTR": 2}
# Places of one line that are told apart.
START_MAX = 65_535
HIDDEN_NAMES = frozenset({"__class__", "__classdict__"})
_OPTIMIZED = 0x1
_LOCAL, _CELL, _FREE, _HIDDEN = 0x20, 0x40, 0x80, 0x10

# A stack of the abstract run: the slot whose saved value lies in a place, or -1.
_Stack = tuple[int, ...]


@dataclass(slots=True, frozen=True)
class Instruction:
    """One instruction without its prefixes; `target` is the byte offset that it may jump to."""

    offset: int
    op: str
    code: int
    arg: int
    next: int
    target: int | None


@dataclass(slots=True, frozen=True)
class Range:
    """An entry of the exception table, in byte offsets."""

    start: int
    end: int
    target: int
    depth: int
    lasti: bool


def _instructions(code: types.CodeType) -> Iterator[Instruction]:
    raw = code.co_code
    offset = prefix = 0
    while offset < len(raw):
        number, arg = raw[offset], raw[offset + 1] | prefix
        op = _OPNAMES[number]
        if op == "EXTENDED_ARG":
            prefix = arg << 8
            offset += 2
            continue
        prefix = 0
        following = offset + 2 + 2 * _CACHES[number]
        target = None
        if number in _HAS_JUMP:
            backward = "JUMP_BACKWARD" in op
            target = following + (-2 * arg if backward else 2 * arg)
        yield Instruction(offset, op, number, arg, following, target)
        offset = following


def _prefixes(code: types.CodeType) -> frozenset[int]:
    """Offsets of EXTENDED_ARG: they belong to the instruction that follows."""
    found: set[int] = set()
    expected = 0
    for item in _instructions(code):
        found.update(range(expected, item.offset, 2))
        expected = item.next
    return frozenset(found)


def _varint(data: Iterator[int]) -> int:
    byte = next(data)
    value = byte & 63
    while byte & 64:
        byte = next(data)
        value = value << 6 | byte & 63
    return value


def _ranges(table: bytes) -> list[Range]:
    data = iter(table)
    found: list[Range] = []
    size = len(table)
    # Each entry has four numbers; the iterator ends exactly after one.
    while data.__length_hint__() if size else 0:  # type: ignore[attr-defined]
        start = _varint(data) * 2
        length = _varint(data) * 2
        target = _varint(data) * 2
        packed = _varint(data)
        found.append(Range(start, start + length, target, packed >> 1, bool(packed & 1)))
    return found


def _after(stack: _Stack, instruction: Instruction, jump: bool) -> _Stack:
    op, arg = instruction.op, instruction.arg
    if op == "LOAD_FAST_AND_CLEAR":
        return (*stack, arg)
    if op == "SWAP":
        changed = list(stack)
        changed[-arg], changed[-1] = changed[-1], changed[-arg]
        return tuple(changed)
    if op == "STORE_FAST_LOAD_FAST":
        return (*stack[:-1], -1)
    has_arg = instruction.code in _HAS_ARG
    effect = _stack_effect(instruction.code, arg if has_arg else None, jump=jump)
    if effect < 0:
        return stack[:effect]
    return stack + (-1,) * effect


class CodeFacts:
    """Facts of one code object, which they keep alive so that its address stays its own."""

    def __init__(self, code: types.CodeType) -> None:
        self.code = code
        self.first_line = code.co_firstlineno
        self.is_optimized = bool(code.co_flags & _OPTIMIZED)
        self.at = {item.offset: item for item in _instructions(code)}
        self._lines = _line_table(code)
        self._prefixes = _prefixes(code)
        self._ranges = _ranges(code.co_exceptiontable)
        self.prologue_end = next(
            (item.offset for item in self.at.values() if item.op == "RESUME"), 0
        )
        self._stacks: dict[int, _Stack] = {}
        self._walk()
        self._starts = self._line_starts()
        self.names = _shown_names(code)
        self.global_names = sorted(_global_names(code))

    def line(self, offset: int) -> int | None:
        """The line of an instruction; None where it has none."""
        return self._lines.get(offset)

    def depth(self, offset: int) -> int:
        """Entries of the operand stack before the instruction."""
        return len(self._stacks.get(offset, ()))

    def start(self, offset: int) -> int:
        """Which place it is of those where a line event can tell of its line at its depth."""
        return self._starts.get(offset, 0)

    def borrowed_slots(self, offset: int) -> frozenset[int]:
        """Slots that hold variables of an inlined comprehension before this instruction."""
        return frozenset(slot for slot in self._stacks.get(offset, ()) if slot >= 0)

    def handler_op(self, offset: int) -> str:
        """The first opcode of the handler that covers an instruction; empty where none does."""
        for entry in self._ranges:
            if entry.start <= offset < entry.end:
                return self.at[entry.target].op
        return ""

    def _line_starts(self) -> dict[int, int]:
        """By offset (§2.3). Lines begin where the line changes, and where jumps lead."""
        places = {entry.target for entry in self._ranges}
        for item in self.at.values():
            if item.target is not None:
                places.add(item.target)
                is_round = item.target <= item.offset
                if is_round and self.line(item.offset) == self.line(item.target):
                    places.add(item.offset)
        places.update(at for at, line in self._lines.items() if line != self._lines.get(at - 2))
        counts: dict[tuple[int, int], int] = {}
        starts: dict[int, int] = {}
        for offset in sorted(places):
            line = self.line(offset)
            if line is not None:
                key = (line, self.depth(offset))
                starts[offset] = min(counts.get(key, 0), START_MAX)
                counts[key] = counts.get(key, 0) + 1
        return starts

    def _walk(self) -> None:
        todo: list[tuple[int, _Stack]] = [(0, ())]
        while todo:
            offset, stack = todo.pop()
            while offset not in self._stacks:
                # Jumps and lines lead to the first EXTENDED_ARG, whose stack is the same.
                while offset not in self.at and offset in self._prefixes:
                    self._stacks[offset] = stack
                    offset += 2
                if offset not in self.at:
                    break
                self._stacks[offset] = stack
                self._push_handlers(offset, stack, todo)
                item = self.at[offset]
                if item.target is not None:
                    todo.append((item.target, _after(stack, item, True)))
                if item.op in _ENDS or item.op in _GOES:
                    break
                stack = _after(stack, item, False)
                offset = item.next

    def _push_handlers(self, offset: int, stack: _Stack, todo: list[tuple[int, _Stack]]) -> None:
        for entry in self._ranges:
            if entry.start <= offset < entry.end and entry.target not in self._stacks:
                pushed = (-1, -1) if entry.lasti else (-1,)
                todo.append((entry.target, stack[: entry.depth] + pushed))

    def argument(self, offset: int) -> str | None:
        """The argument as text (§2.2); None where the opcode takes none."""
        item = self.at[offset]
        if item.code not in _HAS_ARG:
            return None
        if item.target is not None:
            return f"to {item.target}"
        if item.code in _HAS_CONST:
            return _const_text(self.code.co_consts[item.arg])
        if item.code in _HAS_NAME:
            return self.code.co_names[item.arg >> _SHIFTED_NAMES.get(item.op, 0)]
        if item.op in _TWO_SLOTS:
            return f"{self._slot(item.arg >> 4)}, {self._slot(item.arg & 15)}"
        if item.code in _HAS_SLOT:
            return self._slot(item.arg)
        if item.op == "COMPARE_OP":
            return _COMPARE_SIGNS[item.arg >> 5]
        return _BINARY_SIGNS[item.arg] if item.op == "BINARY_OP" else repr(item.arg)

    def _slot(self, index: int) -> str:
        return self.code._varname_from_oparg(index)  # type: ignore[attr-defined,no-any-return]


def _line_table(code: types.CodeType) -> dict[int, int]:
    lines: dict[int, int] = {}
    for start, end, line in code.co_lines():
        if line is not None:
            lines.update(dict.fromkeys(range(start, end, 2), line))
    return lines


def _shown_names(code: types.CodeType) -> list[tuple[int, str, bool]]:
    """(slot, name, whether it only serves inlined comprehensions of a class or module body)."""
    found: list[tuple[int, str, bool]] = []
    names = (*code.co_varnames, *(n for n in code.co_cellvars if n not in code.co_varnames))
    for slot, name in enumerate((*names, *code.co_freevars)):
        if not name.startswith(".") and name not in HIDDEN_NAMES:
            is_outer = slot >= len(names)
            found.append((slot, name, not code.co_flags & _OPTIMIZED and not is_outer))
    return found


def _global_names(code: types.CodeType) -> set[str]:
    found: set[str] = set()
    for item in _instructions(code):
        if item.op in _GLOBAL_OPS:
            found.add(code.co_names[item.arg >> _SHIFTED_NAMES.get(item.op, 0)])
    for const in code.co_consts:
        if type(const) is types.CodeType:
            found |= _global_names(const)
    return found


def _const_text(const: object) -> str:
    if type(const) is types.CodeType:
        return f"<code {plain(const.co_name)}>"
    if id(type(const)) in SCALAR_TYPES:
        return scalar_text(const)
    if type(const) is tuple and len(const) <= TUPLE_LEAVES_MAX:
        return tuple_text([_const_text(item) for item in const])
    return type(const).__name__
