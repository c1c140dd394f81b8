"""One activation of traced code: its number, and what was last written of names and stack."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tracer import _peek
from tracer.code_facts import CodeFacts
from tracer.safe import protect
from tracer.wire import NULL_VALUE, Encoder, Value, int_of, uint

protect(globals())

# The last written value of each name that was an int.
Ints = dict[str, int]
COMPREHENSION_PREFIX = "<comp>."
_BODY_NAMES = frozenset(
    {
        "__module__",
        "__qualname__",
        "__firstlineno__",
        "__static_attributes__",
        "__type_params__",
        "__classdictcell__",
        "__annotations__",
    }
)


@dataclass(slots=True)
class Changes:
    """Names that have another value, and names that lost theirs."""

    set: list[tuple[str, Value]] = field(default_factory=list)
    unset: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.set or self.unset)

    def encode(self, encoder: Encoder, ints: Ints | None) -> bytes:
        """The section; without `ints` all values are written in full."""
        known: Ints = {} if ints is None else ints
        pairs = []
        for name, value in self.set:
            pairs.append(encoder.text(name) + encoder.changed(value, known.get(name)))
            number = int_of(value)
            if number is not None and ints is not None:
                ints[name] = number
            else:
                known.pop(name, None)
        for name in self.unset:
            known.pop(name, None)
        return uint(len(pairs)) + b"".join(pairs) + encoder.texts(self.unset)


class Names:
    """A table of names as it was last written."""

    def __init__(self) -> None:
        self._known: dict[str, Value] = {}

    def update(self, pairs: Iterator[tuple[str, Value]], changes: Changes) -> None:
        """Takes the present value of names, NULL where there is none, and adds what changed."""
        for name, value in pairs:
            old = self._known.get(name)
            if value is NULL_VALUE:
                if old is not None:
                    del self._known[name]
                    changes.unset.append(name)
            elif old is None or old.text != value.text:
                self._known[name] = value
                changes.set.append((name, value))

    def forget_others(self, names: set[str], changes: Changes) -> None:
        """Tells of known names that are none of these any more."""
        for name in [name for name in self._known if name not in names]:
            del self._known[name]
            changes.unset.append(name)


class Activation:
    """Lives from the first event of a frame to its return or unwinding."""

    def __init__(self, number: int, facts: CodeFacts) -> None:
        self.number = number
        self.facts = facts
        self.line = facts.first_line
        self.names = Names()
        # None for a class body, whose names are of two tables.
        self.ints: Ints | None = {} if facts.is_optimized else None
        # The namespace of a class body; its cells and comprehension variables are among the names.
        self.body = Names()
        self.opaque: list[str] = []
        self._stack: list[str] = []

    def line_at(self, offset: int) -> int:
        """The line of an instruction, or where it has none that of the event before."""
        self.line = self.facts.line(offset) or self.line
        return self.line

    def slot_values(self, frame: int, offset: int) -> Iterator[tuple[str, object]]:
        """Names in slot order and what they stand for now; NULL where unbound."""
        borrowed = self.facts.borrowed_slots(offset)
        slots = _peek.slots(frame)
        for slot, name, is_hidden in self.facts.names:
            if slot in borrowed or is_hidden:
                yield COMPREHENSION_PREFIX + name, slots[slot]
            else:
                yield COMPREHENSION_PREFIX + name, _peek.NULL
                yield name, slots[slot]

    def body_values(self, frame: int) -> Iterator[tuple[str, object]]:
        """Names of a class body, from its namespace."""
        pairs = _peek.entries(_peek.namespace(frame))
        for at in range(0, len(pairs), 2):
            name = pairs[at]
            if type(name) is str and name not in _BODY_NAMES:
                yield name, pairs[at + 1]

    def stack_news(self, values: list[Value], encoder: Encoder) -> bytes:
        """The stack section; empty where the stack is as it was last written."""
        texts = [value.text for value in values]
        if texts == self._stack:
            return b""
        kept = 0
        while kept < min(len(texts), len(self._stack)) and texts[kept] == self._stack[kept]:
            kept += 1
        self._stack = texts
        return uint(kept) + encoder.values(values[kept:])
