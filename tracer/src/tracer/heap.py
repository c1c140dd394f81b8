"""Numbered objects: what is known of each, and what changed (docs/trace-format.md §4, §5)."""

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from tracer import _peek
from tracer.describe import Describer
from tracer.differences import Operation, encode_definition, encode_operations, operations
from tracer.iterators import Iterators
from tracer.safe import protect
from tracer.shapes import Shape
from tracer.valuation import Valuation
from tracer.wire import Encoder, Value, uint

protect(globals())

_ADDRESS = re.compile(r"( at )?0x([0-9a-f]{6,})")
_SWEEP_MIN = 1024
_FORM_DEFINITION, _FORM_OPERATIONS, _FORM_BOTH = 1, 2, 3


@dataclass(slots=True)
class _News:
    """What the next event has to say of one object."""

    definition: Shape | None = None
    operations: list[Operation] = field(default_factory=list)


class Heap(Valuation):
    """Holds shapes of numbered objects; _peek keeps the numbers, since it sees deallocations."""

    def __init__(self, limits: Mapping[str, int], describer: Describer) -> None:
        super().__init__(limits)
        self._describer = describer
        self._shapes: dict[int, Shape] = {}
        self._waiting: deque[tuple[int, int]] = deque()
        self._news: dict[int, _News] = {}
        # As many shapes as there may be before those of dead objects are dropped.
        self._sweep_at = _SWEEP_MIN
        self.iterators = Iterators(self)
        # True once a string held the address of an object.
        self.address_seen = False

    def number_of(self, item: object) -> int:
        return _peek.number_of(item)

    def meet(self, item: object, distance: int) -> int:
        number = _peek.meet(item)
        self._waiting.append((number, distance))
        return number

    def inline(self, item: object) -> Value | None:
        value = super().inline(item)
        if value is not None and not self.address_seen and "0x" in value.text:
            self.address_seen = self._holds_address(value.text)
        return value

    def _holds_address(self, text: str) -> bool:
        if text.startswith(("0x", "-0x")):
            return False
        for found in _ADDRESS.finditer(text):
            if found[1] or self._is_address(int(found[2], 16)):
                return True
        return False

    def _is_address(self, address: int) -> bool:
        return any(
            _peek.is_alive(number) and id(_peek.object_at(number)) == address
            for number in self._shapes
        )

    def check(self, frame: int) -> None:
        """A check point: compares every numbered object with what was known of it."""
        for number in _peek.changed(frame):
            self._settle(number, 2)
        self.define_waiting()

    def _settle(self, number: int, distance: int) -> None:
        item = _peek.object_at(number)
        shape = self._describer.describe(item, self, distance)
        _peek.settle(number, shape.always)
        old = self._shapes.get(number)
        self._shapes[number] = shape
        if old is None:
            self._news[number] = _News(definition=shape)
            self.iterators.meet(number, item)
            return
        found = operations(old, shape)
        if found:
            self._news.setdefault(number, _News()).operations += found

    def define_waiting(self) -> None:
        """Defines what was met, first in, first out."""
        while self._waiting:
            number, distance = self._waiting.popleft()
            self._settle(number, distance + 1)

    def take_news(self, encoder: Encoder) -> bytes:
        """The heap section of an event; empty where nothing happened."""
        if not self._news:
            return b""
        parts = [uint(len(self._news))]
        previous = 0
        for number in sorted(self._news):
            news = self._news[number]
            parts.append(uint(number - previous))
            previous = number
            parts.append(_encode(encoder, news))
        self._news = {}
        self._forget_dead()
        return b"".join(parts)

    def _forget_dead(self) -> None:
        if len(self._shapes) < self._sweep_at:
            return
        for number in [number for number in self._shapes if not _peek.exists(number)]:
            del self._shapes[number]
        self._sweep_at = max(_SWEEP_MIN, 2 * len(self._shapes))


def _encode(encoder: Encoder, news: _News) -> bytes:
    if news.definition is None:
        return bytes([_FORM_OPERATIONS]) + encode_operations(encoder, news.operations)
    form = _FORM_BOTH if news.operations else _FORM_DEFINITION
    body = bytes([form]) + encode_definition(encoder, news.definition)
    return body + (encode_operations(encoder, news.operations) if news.operations else b"")
