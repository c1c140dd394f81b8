"""What the definition of an object says: its parts, read from storage (docs/trace-format.md §5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tracer.naming import type_name
from tracer.safe import protect
from tracer.valuation import Valuation
from tracer.wire import Value, int_of

protect(globals())

_WORD = 2**64 - 1
_GOLDEN = 0x9E37_79B9_7F4A_7C15
# Numbers of cut texts: a list that grows is described anew at every step.
_numbers: dict[str, int] = {}
_NUMBERS_MAX = 65_536


@dataclass(slots=True)
class Shape:
    """One state of an object. A part that the object does not have is None or empty."""

    type: str
    name: str | None = None
    repr: str | None = None
    value: Value | None = None
    items: list[Value] | None = None
    members: list[Value] | None = None
    entries: list[tuple[Value, Value]] | None = None
    rest: tuple[int, int] | None = None
    names: list[str] | None = None
    links: dict[str, Value] = field(default_factory=dict)
    fields: dict[str, Value] = field(default_factory=dict)
    # Compared by Python code at every check point, since its words do not tell of changes.
    always: bool = False


def fnv(text: str) -> int:
    """FNV-1a, 64 bits."""
    number = _numbers.get(text)
    if number is None:
        number = 0xCBF2_9CE4_8422_2325
        for byte in text.encode("utf-8", "surrogatepass"):
            number = (number ^ byte) * 0x0000_0100_0000_01B3 & _WORD
        if len(_numbers) >= _NUMBERS_MAX:
            _numbers.clear()
        _numbers[text] = number
    return number


def mix(number: int) -> int:
    """The first output of SplitMix64 from this seed."""
    z = number + _GOLDEN & _WORD
    z = (z ^ z >> 30) * 0xBF58_476D_1CE4_E5B9 & _WORD
    z = (z ^ z >> 27) * 0x94D0_49BB_1331_11EB & _WORD
    return z ^ z >> 31


def word_at(place: int, number: int) -> int:
    """What a cut value adds at a place: another number always makes another word."""
    return (mix(place) | 1) * (number ^ _GOLDEN) & _WORD


def _size(value: Value) -> int:
    return len(value.text.encode("utf-8", "surrogatepass"))


class Caps:
    """Puts items into a shape: one is kept while those before it are within the limits."""

    def __init__(self, limits: Mapping[str, int], values: Valuation, distance: int) -> None:
        self._items_max = limits["containerItems"]
        self._bytes_max = limits["objectBytes"]
        self._values = values
        self._distance = distance

    def value(self, item: object) -> Value:
        return self._values.value(item, self._distance)

    def _number(self, item: object) -> int:
        """The number that stands for a cut value in the digest."""
        inline = self._values.inline(item)
        number = int_of(inline)
        if number is not None:
            return number & _WORD
        return fnv(f"<{type_name(item)}>" if inline is None else inline.text)

    def _kept(self, raw: Sequence[object]) -> list[Value]:
        kept: list[Value] = []
        used = 0
        for item in raw[: self._items_max]:
            if used > self._bytes_max:
                break
            value = self.value(item)
            used += _size(value)
            kept.append(value)
        return kept

    def items(self, shape: Shape, raw: Sequence[object]) -> None:
        """Items by position."""
        shape.items = self._kept(raw)
        count = len(shape.items)
        if count < len(raw):
            words = (word_at(at, self._number(raw[at])) for at in range(count, len(raw)))
            shape.rest = (len(raw), sum(words) & _WORD)

    def members(self, shape: Shape, raw: list[object]) -> None:
        """Members in canonical order; `raw` has the order of the set's table."""
        ordered = self._ordered(raw)
        shape.members = self._kept(ordered)
        count = len(shape.members)
        if count < len(raw):
            words = (mix(self._number(item)) for item in ordered[count:])
            shape.rest = (len(raw), sum(words) & _WORD)

    def entries(self, shape: Shape, raw: list[object]) -> None:
        """Keys and values, alternating."""
        kept: list[tuple[Value, Value]] = []
        used = 0
        for at in range(0, min(len(raw), 2 * self._items_max), 2):
            if used > self._bytes_max:
                break
            pair = (self.value(raw[at]), self.value(raw[at + 1]))
            used += _size(pair[0]) + _size(pair[1])
            kept.append(pair)
        shape.entries = kept
        if 2 * len(kept) < len(raw):
            words = (
                word_at(self._number(raw[at]), self._number(raw[at + 1]))
                for at in range(2 * len(kept), len(raw), 2)
            )
            shape.rest = (len(raw) // 2, sum(words) & _WORD)

    def fields(self, shape: Shape, raw: list[object]) -> None:
        """Names and values, alternating; of two pairs of one name the later wins."""
        for at in range(0, min(len(raw), 2 * self._items_max), 2):
            name = raw[at]
            if type(name) is str:
                shape.fields[name] = self.value(raw[at + 1])

    def _ordered(self, raw: list[object]) -> list[object]:
        keyed: list[tuple[tuple[int, str, int, int], object]] = []
        for index, item in enumerate(raw):
            inline = self._values.inline(item)
            if inline is not None:
                group = 1 if inline.cut is not None else 0
                keyed.append(((group, inline.text, 0, index), item))
                continue
            number = self._values.number_of(item)
            keyed.append(((2 if number else 3, "", number, index), item))
        keyed.sort(key=_first)
        return [item for _, item in keyed]


def _first(pair: tuple[tuple[int, str, int, int], object]) -> tuple[int, str, int, int]:
    return pair[0]
