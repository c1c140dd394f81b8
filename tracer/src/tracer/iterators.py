"""State of iterators and generators, which are never advanced (docs/trace-format.md §6)."""

from dataclasses import dataclass
from typing import Protocol

from tracer import _peek
from tracer.literals import scalar_text
from tracer.safe import protect
from tracer.wire import Encoder, Value, int_of, sint, uint

protect(globals())

_STATES = ("created", "suspended", "running", "done")
_OVER, _AT, _LEFT, _STATE, _LINE, _STEP = 1, 2, 4, 8, 16, 32


class ValueMaker(Protocol):
    """Makes the values of what an iterator refers to."""

    def value(self, item: object, distance: int) -> Value: ...
    def define_waiting(self) -> None: ...


@dataclass(slots=True)
class State:
    """What is known of one iterator."""

    over: Value | None = None
    at: Value | None = None
    left: list[Value] | None = None
    state: str | None = None
    line: int | None = None


def _is_iterator(item: object) -> bool:
    return _peek.generator(item) is not None or _peek.iterator(item) is not None


class Iterators:
    """The iterators among the numbered objects, and the state that was last written of each."""

    def __init__(self, values: ValueMaker) -> None:
        self._values = values
        self._known: dict[int, State | None] = {}

    def meet(self, number: int, item: object) -> None:
        """Tells of a new numbered object; others than iterators are ignored."""
        if _is_iterator(item):
            self._known[number] = None

    def take_news(self) -> list[tuple[int, State]]:
        """What changed since the last event, ascending; looking may meet further iterators."""
        found: list[tuple[int, State]] = []
        seen: set[int] = set()
        while todo := [number for number in self._known if number not in seen]:
            for number in todo:
                seen.add(number)
                if not _peek.exists(number):
                    del self._known[number]
                elif _peek.is_alive(number):
                    self._look(number, found)
                self._values.define_waiting()
        found.sort(key=_number_first)
        return found

    def _look(self, number: int, found: list[tuple[int, State]]) -> None:
        state = self._read(_peek.object_at(number))
        news = _difference(self._known[number], state)
        self._known[number] = state
        if news is not None:
            found.append((number, news))

    def _value(self, item: object) -> Value:
        return self._values.value(item, 1)

    def _read(self, item: object) -> State:
        generator = _peek.generator(item)
        if generator is not None:
            name, line, inner = generator
            over = None if inner is _peek.NULL else self._value(inner)
            return State(over=over, state=name, line=line if name == "suspended" else None)
        return self._read_plain(_peek.iterator(item))

    def _read_plain(self, raw: tuple[object, ...] | None) -> State:
        if raw is None or raw[0] == "done":
            return State(state="done")
        kind = raw[0]
        if kind == "over":
            return State(over=self._value(raw[1]))
        if kind == "inner":
            parts = raw[1]
            assert type(parts) is list
            return State(left=[self._value(part) for part in parts])
        if kind == "parts":
            return self._read_parts(raw)
        if kind == "range":
            return State(at=_position(raw[1]), left=[self._value(raw[2])])
        state = State(over=self._value(raw[1]), at=_position(raw[2]))
        if kind == "set":
            parts = raw[3]
            assert type(parts) is list
            state.left = [self._value(part) for part in parts]
        return state

    def _read_parts(self, raw: tuple[object, ...]) -> State:
        flags, over, at, left = raw[1:]
        assert type(flags) is int
        state = State()
        if flags & _OVER:
            state.over = self._value(over)
        if flags & _AT:
            state.at = _position(at)
        if flags & _LEFT:
            assert type(left) is list
            state.left = [self._value(part) for part in left]
        return state


def _position(at: object) -> Value:
    """An exact int, which is never cut."""
    return Value(scalar_text(at), scalar=at)


def _number_first(pair: tuple[int, State]) -> int:
    return pair[0]


def _texts(values: list[Value] | None) -> list[str] | None:
    return None if values is None else [value.text for value in values]


def _difference(old: State | None, new: State) -> State | None:
    """The parts of the new state that the old one did not say; None where there are none."""
    if old is None:
        return new
    if new.state == "done":
        return None if old.state == "done" else new
    news = State()
    if new.over is not None and (old.over is None or old.over.text != new.over.text):
        news.over = new.over
    if new.at is not None:
        # Where a position is told, what is left follows from the first report.
        news.at = None if old.at is not None and old.at.text == new.at.text else new.at
    elif _texts(old.left) != _texts(new.left):
        news.left = new.left
    if (old.state, old.line) != (new.state, new.line):
        news.state, news.line = new.state, new.line
    empty = news.over is None and news.at is None and news.left is None and news.state is None
    return None if empty else news


def _encode_position(
    encoder: Encoder, at: Value, number: int, positions: dict[int, int]
) -> tuple[int, bytes]:
    """The flag and the bytes of a position; `positions` has the last ones that were ints."""
    now, last = int_of(at), positions.pop(number, None)
    if now is None:
        return _AT, encoder.value(at)
    positions[number] = now
    return (_AT, encoder.value(at)) if last is None else (_STEP, sint(now - last))


def encode(encoder: Encoder, found: list[tuple[int, State]], positions: dict[int, int]) -> bytes:
    """The iterators of an event, §9.5."""
    parts = [uint(len(found))]
    for number, state in found:
        flags = 0
        body: list[bytes] = []
        if state.over is not None:
            flags |= _OVER
            body.append(encoder.value(state.over))
        if state.at is not None:
            flag, part = _encode_position(encoder, state.at, number, positions)
            flags |= flag
            body.append(part)
        if state.left is not None:
            flags |= _LEFT
            body.append(encoder.values(state.left))
        if state.state is not None:
            flags |= _STATE
            body.append(bytes([_STATES.index(state.state)]))
        if state.line is not None:
            flags |= _LINE
            body.append(uint(state.line))
        parts.append(uint(number) + bytes([flags]) + b"".join(body))
    return b"".join(parts)
