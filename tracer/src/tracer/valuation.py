"""Objects to values: what is inline, what is cut, what has a number (docs/trace-format.md §4)."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from json.encoder import encode_basestring

from tracer import _peek
from tracer.literals import (
    SCALAR_TYPES,
    TUPLE_DEPTH_MAX,
    TUPLE_LEAVES_MAX,
    int_text,
    scalar_text,
    tuple_text,
)
from tracer.naming import type_name
from tracer.safe import protect
from tracer.wire import NULL_VALUE, Cut, Value

protect(globals())

_new_sha256 = hashlib.sha256
_HASHED_AT_ONCE = 2047

_KNOWN_MAX = 16_384
_KNOWN_TEXT_MAX = 64


def _json_of_cut(cut: Cut) -> str:
    return (
        f'{{"type":"{cut.kind}","head":{encode_basestring(cut.head)},'
        f'"len":{cut.length},"sha256":"{cut.sha256.hex()}"}}'
    )


def sha256_of(data: bytes) -> bytes:
    """In pieces for which hashlib lets no other thread run: the program's take no turns here."""
    digest = _new_sha256()
    for at in range(0, len(data), _HASHED_AT_ONCE):
        digest.update(data[at : at + _HASHED_AT_ONCE])
    return digest.digest()


class Valuation(ABC):
    """Makes values; those who inherit decide what a number is and who gets one."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._units_max = limits["stringCodePoints"]
        # More than three bits go into a decimal digit; the sign and a started digit are two more.
        self._bits_max = 3 * max(0, self._units_max - 2)
        self._head = limits["stringHead"]
        self._depth = limits["depth"]
        # By address: a value keeps its object alive, so the address stays that object's.
        self._known: dict[int, Value] = {}

    @abstractmethod
    def number_of(self, item: object) -> int:
        """The number that the object has, 0 where it has none."""

    @abstractmethod
    def meet(self, item: object, distance: int) -> int:
        """Gives the object a number; its definition is to follow."""

    def value(self, item: object, distance: int) -> Value:
        """The value of an object that is `distance` away from the value that an event writes."""
        if item is _peek.NULL:
            return NULL_VALUE
        inline = self.inline(item)
        if inline is not None:
            return inline
        number = self.number_of(item)
        if number == 0:
            if distance > self._depth:
                name = type_name(item)
                text = f'{{"type":{encode_basestring(name)},"cut":"depth"}}'
                return Value(text, cut=name)
            number = self.meet(item, distance)
        return Value(f"@{number}", number=number)

    def inline(self, item: object) -> Value | None:
        """The value of an inline object, maybe cut; None for an object with identity."""
        known = self._known.get(id(item))
        if known is not None:
            return known
        value = self._fresh_inline(item)
        # Not tuples: an iterator puts its next items into the one that it gave, if it alone has it.
        if value is not None and type(item) is not tuple and len(value.text) <= _KNOWN_TEXT_MAX:
            if len(self._known) >= _KNOWN_MAX:
                self._known.clear()
            self._known[id(item)] = value
        return value

    def _fresh_inline(self, item: object) -> Value | None:
        kind = type(item)
        if id(kind) in SCALAR_TYPES:
            cut = self._cut(item)
            if cut is not None:
                return Value(_json_of_cut(cut), cut=cut)
            return Value(scalar_text(item), scalar=item)
        if kind is tuple:
            texts = self._tuple(item, 1, [0])  # type: ignore[arg-type]
            if texts is not None:
                return Value(texts, scalar=item)
        return None

    def _tuple(self, item: tuple[object, ...], depth: int, leaves: list[int]) -> str | None:
        texts: list[str] = []
        for part in item:
            kind = type(part)
            if kind is tuple:
                nested = None
                if depth < TUPLE_DEPTH_MAX:
                    nested = self._tuple(part, depth + 1, leaves)  # type: ignore[arg-type]
                if nested is None:
                    return None
                texts.append(nested)
                continue
            leaves[0] += 1
            if leaves[0] > TUPLE_LEAVES_MAX or id(kind) not in SCALAR_TYPES or self._is_long(part):
                return None
            texts.append(scalar_text(part))
        return tuple_text(texts)

    def _is_long(self, item: object) -> bool:
        kind = type(item)
        if kind is str or kind is bytes:
            return len(item) > self._units_max  # type: ignore[arg-type]
        if kind is int and item.bit_length() > self._bits_max:  # type: ignore[attr-defined]
            return len(int_text(item)) > self._units_max  # type: ignore[arg-type]
        return False

    def _cut(self, item: object) -> Cut | None:
        if not self._is_long(item):
            return None
        if type(item) is str:
            data = item.encode("utf-8", "surrogatepass")
            head = repr(item[: self._head])[:-1]
            return Cut("str", head, len(item), sha256_of(data))
        if type(item) is bytes:
            head = repr(item[: self._head])[:-1]
            return Cut("bytes", head, len(item), sha256_of(item))
        text = int_text(item)  # type: ignore[arg-type]
        return Cut("int", text[: self._head], len(text), sha256_of(text.encode()))
