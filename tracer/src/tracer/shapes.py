"""What the definition of an object says: its parts, read from storage (docs/trace-format.md §5)."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tracer.naming import type_name
from tracer.safe import protect
from tracer.valuation import Valuation, sha256_of
from tracer.wire import Value

protect(globals())

_WORD = 2**64
# Digests of cut items: a list that grows is described anew at every step.
_words: dict[str, int] = {}
_WORDS_MAX = 65_536


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


def _digest_word(text: str) -> int:
    """What one cut item adds to the digest of the rest."""
    word = _words.get(text)
    if word is None:
        digest = sha256_of(text.encode("utf-8", "surrogatepass"))
        word = int(struct.unpack_from("<Q", digest)[0])
        if len(_words) >= _WORDS_MAX:
            _words.clear()
        _words[text] = word
    return word


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

    def _cut_text(self, item: object) -> str:
        inline = self._values.inline(item)
        return f"<{type_name(item)}>" if inline is None else inline.text

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
            words = (
                _digest_word(f"{index}:{self._cut_text(raw[index])}")
                for index in range(count, len(raw))
            )
            shape.rest = (len(raw), sum(words) % _WORD)

    def members(self, shape: Shape, raw: list[object]) -> None:
        """Members in canonical order; `raw` has the order of the set's table."""
        ordered = self._ordered(raw)
        shape.members = self._kept(ordered)
        count = len(shape.members)
        if count < len(raw):
            words = (_digest_word(self._cut_text(item)) for item in ordered[count:])
            shape.rest = (len(raw), sum(words) % _WORD)

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
                _digest_word(f"{self._cut_text(raw[at])}:{self._cut_text(raw[at + 1])}")
                for at in range(2 * len(kept), len(raw), 2)
            )
            shape.rest = (len(raw) // 2, sum(words) % _WORD)

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
