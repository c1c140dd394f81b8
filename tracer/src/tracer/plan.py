"""Plans for the C recorder: the facts of a code object as flat arrays, one entry per code unit."""

import struct
import types

from tracer.activation import COMPREHENSION_PREFIX
from tracer.code_facts import CodeFacts
from tracer.safe import protect

protect(globals())

_NameEntry = tuple[int, str, str, bool]


def _packed(form: str, values: list[int]) -> bytes:
    return struct.pack(f"<{len(values)}{form}", *values)


def _names(facts: CodeFacts) -> list[_NameEntry]:
    return [
        (slot, name, COMPREHENSION_PREFIX + name, is_hidden)
        for slot, name, is_hidden in facts.names
    ]


def plan_of(code: types.CodeType) -> tuple[object, ...]:
    """All parts in the order in which csrc/core_plan.c takes them."""
    facts = CodeFacts(code)
    units = len(code.co_code) // 2
    depth, line, arg = [0] * units, [0] * units, [0] * units
    op, borrowed = bytearray(units), [0] * units
    sets: dict[frozenset[int], int] = {frozenset(): 0}
    for unit in range(units):
        # Prefixes have a depth too: a line may start at one.
        depth[unit] = facts.depth(2 * unit)
        line[unit] = facts.line(2 * unit) or 0
        borrowed[unit] = sets.setdefault(facts.borrowed_slots(2 * unit), len(sets))
    for offset, item in facts.at.items():
        arg[offset // 2] = item.arg
        op[offset // 2] = item.code
    ranges = [
        part // 2 for entry in facts._ranges for part in (entry.start, entry.end, entry.target)
    ]
    return (
        _packed("h", depth),
        _packed("i", line),
        _packed("i", arg),
        bytes(op),
        _packed("H", borrowed),
        tuple(sets),
        facts.prologue_end // 2,
        _names(facts),
        list(facts.global_names),
        _packed("i", ranges),
        facts.is_optimized,
    )
