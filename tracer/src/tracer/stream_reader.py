"""Primitives and values of the trace stream, read back (docs/trace-format.md §8, §9)."""

import re
import struct
from typing import Any

from tracer.literals import float_text, tuple_text
from tracer.wire import INT_MAX, TABLE_TEXT_BYTES_MAX, TABLE_TEXTS_MAX

Json = dict[str, Any]
_CUTS = {1: "str", 2: "bytes", 3: "int"}
_INDEX = re.compile(r"(0|[1-9][0-9]{0,9})\Z")
_INDEX_MAX = 2**32 - 2
_ESCAPE_BASE = 0x10FF00


class StreamError(ValueError):
    """The bytes are not what a tracer writes."""


def _valid_text(data: bytes) -> str:
    """Valid UTF-8 as text; what encodes a reserved code point is escaped byte by byte."""
    text = data.decode()
    if not any(char >= "\U0010ff00" for char in text):
        return text
    return "".join(
        [c if c < "\U0010ff00" else "".join([_escaped(b) for b in c.encode()]) for c in text]
    )


def _escaped(byte: int) -> str:
    return chr(_ESCAPE_BASE + byte)


def output_text(data: bytes) -> str:
    """Output bytes as text, without loss (§8)."""
    parts: list[str] = []
    while data:
        try:
            parts.append(_valid_text(data))
            break
        except UnicodeDecodeError as error:
            parts.append(_valid_text(data[: error.start]))
            parts.append(_escaped(data[error.start]))
            data = data[error.start + 1 :]
    return "".join(parts)


class Reader:
    """Primitives of the stream."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._table: list[str] = []
        self.at = 0

    def __bool__(self) -> bool:
        return self.at < len(self._data)

    def fail(self, what: str) -> StreamError:
        return StreamError(f"{what} at byte {self.at}")

    def take(self, length: int) -> bytes:
        part = self._data[self.at : self.at + length]
        if len(part) < length:
            raise self.fail("a record is cut short")
        self.at += length
        return part

    def u8(self) -> int:
        return self.take(1)[0]

    def uint(self) -> int:
        value = 0
        for index in range(10):
            byte = self.u8()
            value |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                if byte == 0 and index > 0:
                    raise self.fail("a number is longer than it must be")
                return value
        raise self.fail("a number does not end")

    def sint(self) -> int:
        raw = self.uint()
        return raw >> 1 if raw & 1 == 0 else -((raw + 1) >> 1)

    def utf8(self, length: int) -> str:
        try:
            return self.take(length).decode()
        except UnicodeDecodeError:
            raise self.fail("a text is not UTF-8") from None

    def text(self) -> str:
        index = self.uint()
        if index > 0:
            if index > len(self._table):
                raise self.fail("a text is not in the table")
            return self._table[index - 1]
        length = self.uint()
        text = self.utf8(length)
        if 0 < length <= TABLE_TEXT_BYTES_MAX and len(self._table) < TABLE_TEXTS_MAX:
            self._table.append(text)
        return text

    def texts(self) -> list[str]:
        return [self.text() for _ in range(self.uint())]

    # Values (§9.3).

    def value(self) -> object:
        tag = self.u8()
        if tag == 0x09:
            return f"@{self.uint()}"
        if tag == 0x0B:
            kind = _CUTS[self.u8()]
            head, length = self.text(), self.uint()
            return {"type": kind, "head": head, "len": length, "sha256": self.take(32).hex()}
        if tag == 0x0C:
            return {"type": self.text(), "cut": "depth"}
        return "NULL" if tag == 0x04 else self._inline(tag)

    def _inline(self, tag: int) -> str:
        if 0x40 <= tag <= 0xBF:
            return str(tag - 0x60)
        if tag == 0x0A:
            return tuple_text([self._inline(self.u8()) for _ in range(self.uint())])
        if tag == 0x05:
            return str(self.sint())
        if tag in (0x06, 0x08):
            return self.text()
        if tag == 0x07:
            return float_text(struct.unpack("<d", self.take(8))[0])
        if tag > 0x03:
            raise self.fail(f"a value of the unknown tag {tag}")
        return ("None", "False", "True", "...")[tag]

    def values(self) -> list[object]:
        return [self.value() for _ in range(self.uint())]

    def pairs(self) -> list[object]:
        return [[self.value(), self.value()] for _ in range(self.uint())]

    def _changed(self, name: str, ints: dict[str, int]) -> object:
        """The value of a name; `ints` has the last ones that were ints."""
        last = ints.pop(name, None)
        tag = self._data[self.at] if self else 0
        if tag == 0x0D or tag >= 0xC0:
            self.at += 1
            number = self.moved(last, self.sint() if tag == 0x0D else tag - 0xE0)
        elif tag == 0x05 or tag >= 0x40:
            number = int(str(self.value()))
        else:
            return self.value()
        if -INT_MAX < number < INT_MAX:
            ints[name] = number
        return str(number)

    def moved(self, last: int | None, step: int) -> int:
        """What a difference leads to."""
        if last is None:
            raise self.fail("a difference to no int")
        if not -INT_MAX < last + step < INT_MAX:
            raise self.fail("a difference leads out of range")
        return last + step

    def named(self, ints: dict[str, int] | None = None) -> Json:
        """Names and values; `ints` has the last values to which there may be differences."""
        found: Json = {}
        for _ in range(self.uint()):
            name = self.text()
            found[name] = self.value() if ints is None else self._changed(name, ints)
        numbers = [n for n in found if _INDEX.match(n) and int(n) <= _INDEX_MAX]
        if not numbers:
            return found
        first = {name: found[name] for name in sorted(numbers, key=int)}
        return {**first, **{n: v for n, v in found.items() if n not in first}}
