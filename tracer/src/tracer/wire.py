"""The stream, version 3: records out (docs/trace-format.md §9). decode.py is the mirror image."""

import struct
from collections.abc import Mapping
from json.encoder import encode_basestring
from math import isnan
from typing import NoReturn, Protocol, cast

from tracer.literals import SCALAR_TYPES, scalar_text
from tracer.safe import protect

protect(globals())

MAGIC = b"TMTR\x03"
GRANULARITIES = {"call": 0, "line": 1, "instruction": 2}
GRANULARITY_NONE = 3
KINDS = ("call", "line", "instruction", "return", "yield", "resume", "raise", "handled", "unwind")
# A line event whose place in the line is not the first one.
TAG_LINE_AT = 0x0A
TAG_STDOUT = 0x20
TAG_STDERR = 0x21
TAG_FAULT = 0x7D
TAG_END = 0x7E
TABLE_TEXT_BYTES_MAX = 48
TABLE_TEXTS_MAX = 65_536
CUT_CODES = {"str": 1, "bytes": 2, "int": 3}
# Ints between the negative of it and itself can be written as differences.
INT_MAX = 2**60
_NAN = struct.pack("<Q", 0x7FF8000000000000)


class Sink(Protocol):
    """Where records go. Both methods end the process instead of raising into the program."""

    def append(self, record: bytes, /) -> None: ...
    def stop(self, marker: str, /) -> NoReturn: ...


class Cut:
    """A value that a limit cut: head of its literal, whole length, SHA-256 of the whole."""

    __slots__ = ("head", "kind", "length", "sha256")

    def __init__(self, kind: str, head: str, length: int, sha256: bytes) -> None:
        self.kind = kind
        self.head = head
        self.length = length
        self.sha256 = sha256


class Value:
    """A value as it is written: two are the same exactly when their texts are."""

    __slots__ = ("cut", "number", "scalar", "text")

    def __init__(
        self, text: str, scalar: object = None, number: int = 0, cut: Cut | str | None = None
    ) -> None:
        self.text = text
        # The inline object itself: exact scalars and small tuples of them may be kept alive.
        self.scalar = scalar
        self.number = number
        # A cut, or for an object too deep to have a number its type name.
        self.cut = cut


NULL_VALUE = Value("NULL")


def int_of(value: Value | None) -> int | None:
    """The int that it is, where a difference may lead to or from it."""
    if value is None or type(value.scalar) is not int:
        return None
    return value.scalar if -INT_MAX < value.scalar < INT_MAX else None


def uint(number: int) -> bytes:
    """LEB128 of a non-negative int."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def sint(number: int) -> bytes:
    """`uint` of the zigzag form."""
    return uint(number << 1 if number >= 0 else (-number << 1) - 1)


class Encoder:
    """Turns values and texts into bytes; holds the table of texts of one stream."""

    def __init__(self) -> None:
        self._table: dict[str, int] = {}

    def text(self, text: str) -> bytes:
        """A reference to the table, or the text itself; lone surrogates of names become U+FFFD."""
        known = self._table.get(text)
        if known is not None:
            return uint(known)
        data = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()
        if 0 < len(data) <= TABLE_TEXT_BYTES_MAX and len(self._table) < TABLE_TEXTS_MAX:
            self._table[text] = len(self._table) + 1
        return b"\x00" + uint(len(data)) + data

    def texts(self, texts: list[str]) -> bytes:
        return uint(len(texts)) + b"".join([self.text(text) for text in texts])

    def value(self, value: Value) -> bytes:
        if value.number:
            return b"\x09" + uint(value.number)
        if value.cut is not None:
            return self._cut(value.cut)
        if value is NULL_VALUE:
            return b"\x04"
        return self._inline(value.scalar)

    def changed(self, value: Value, last: int | None) -> bytes:
        """The value of a name whose last one was this int: where it is one too, the difference."""
        number = int_of(value)
        if number is None or last is None:
            return self.value(value)
        step = number - last
        return bytes([0xE0 + step]) if -32 <= step <= 31 else b"\x0d" + sint(step)

    def values(self, values: list[Value]) -> bytes:
        return uint(len(values)) + b"".join([self.value(value) for value in values])

    def _cut(self, cut: Cut | str) -> bytes:
        if isinstance(cut, str):
            return b"\x0c" + self.text(cut)
        code = bytes([0x0B, CUT_CODES[cut.kind]])
        return code + self.text(cut.head) + uint(cut.length) + cut.sha256

    def _inline(self, scalar: object) -> bytes:
        kind = type(scalar)
        if scalar is None:
            return b"\x00"
        if kind is bool:
            return b"\x02" if scalar else b"\x01"
        if kind is int:
            return self._int(scalar)  # type: ignore[arg-type]
        if kind is float:
            number = cast("float", scalar)
            return b"\x07" + (_NAN if isnan(number) else struct.pack("<d", number))
        if kind is tuple:
            parts = [self._inline(item) for item in scalar]  # type: ignore[attr-defined]
            return b"\x0a" + uint(len(parts)) + b"".join(parts)
        if scalar is Ellipsis:
            return b"\x03"
        assert id(kind) in SCALAR_TYPES
        return b"\x08" + self.text(scalar_text(scalar))

    def _int(self, number: int) -> bytes:
        if -32 <= number <= 95:
            return bytes([0x60 + number])
        if -(2**63) <= number < 2**63:
            return b"\x05" + sint(number)
        return b"\x06" + self.text(scalar_text(number))


def header_record(tracer: str, granularity: int = GRANULARITY_NONE) -> bytes:
    """The first record; `granularity` is a value of GRANULARITIES, or none for role confirm."""
    name = tracer.encode()
    return MAGIC + bytes([granularity]) + uint(len(name)) + name


def output_record(fd: int, data: bytes) -> bytes:
    """Bytes that the program wrote to descriptor 1 or 2."""
    return bytes([TAG_STDOUT if fd == 1 else TAG_STDERR]) + uint(len(data)) + data


def fault_record(text: str) -> bytes:
    """A mistake of the tracer itself; ends the stream."""
    data = text.encode("utf-8", "replace")
    return bytes([TAG_FAULT]) + uint(len(data)) + data


def json_of(value: object) -> str:
    """JSON of None, bool, int, str, and lists and dicts of them: what `json.dumps` says, without
    the library's own Python code, which the program can change."""
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        items = [f"{encode_basestring(key)}:{json_of(item)}" for key, item in value.items()]
        return "{" + ",".join(items) + "}"
    if isinstance(value, list):
        return "[" + ",".join([json_of(item) for item in value]) + "]"
    return encode_basestring(value) if isinstance(value, str) else str(value)


def end_record(end: Mapping[str, object]) -> bytes:
    """The last record, with the keys of §9.6. Lone surrogates in its texts become U+FFFD."""
    text = json_of(dict(end))
    data = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()
    return bytes([TAG_END]) + uint(len(data)) + data
