"""Streams to events: the Python twin of src/wire/trace-stream.ts (docs/trace-format.md §9)."""

import json
import re
import struct
from dataclasses import dataclass, field

from tracer.literals import float_text, tuple_text
from tracer.wire import (
    GRANULARITIES,
    KINDS,
    MAGIC,
    TABLE_TEXT_BYTES_MAX,
    TABLE_TEXTS_MAX,
    TAG_END,
    TAG_FAULT,
    TAG_STDERR,
    TAG_STDOUT,
)

Json = dict[str, object]
_STATES = ("created", "suspended", "running", "done")
_CUTS = {1: "str", 2: "bytes", 3: "int"}
_INDEX = re.compile(r"(0|[1-9][0-9]{0,9})\Z")
_INDEX_MAX = 2**32 - 2
_ESCAPE_BASE = 0x10FF00


class StreamError(ValueError):
    """The bytes are not what a tracer writes."""


@dataclass
class Trace:
    """A decoded stream. `events` have the shape of the column `events` of a row."""

    granularity: str | None
    tracer: str
    events: list[Json] = field(default_factory=list)
    end: Json | None = None
    fault: str | None = None
    stdout: bytes = b""
    stderr: bytes = b""

    def events_json(self) -> str:
        """The text of the column `events`."""
        return json.dumps(self.events, ensure_ascii=False, separators=(",", ":"))


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


class _Reader:
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

    def named(self) -> Json:
        found: Json = {}
        for _ in range(self.uint()):
            name = self.text()
            found[name] = self.value()
        numbers = [n for n in found if _INDEX.match(n) and int(n) <= _INDEX_MAX]
        if not numbers:
            return found
        first = {name: found[name] for name in sorted(numbers, key=int)}
        return {**first, **{n: v for n, v in found.items() if n not in first}}


class _Heap:
    """Definitions, operations and iterators (§9.4, §9.5)."""

    def __init__(self, reader: _Reader) -> None:
        self._in = reader

    def section(self) -> Json:
        found: Json = {}
        number = 0
        for _ in range(self._in.uint()):
            number += self._in.uint()
            form = self._in.u8()
            if form == 2:
                found[str(number)] = self._operations()
                continue
            definition = self._definition()
            if form == 3:
                definition["ops"] = self._operations()
            found[str(number)] = definition
        return found

    def _definition(self) -> Json:
        read = self._in
        found: Json = {"type": read.text()}
        for _ in range(read.uint()):
            tag = read.u8()
            if tag == 7:
                found["len"] = read.uint()
                found["rest"] = f"{int.from_bytes(read.take(8), 'little'):016x}"
            elif tag == 9:
                name = read.text()
                found[name] = read.value()
            else:
                name, part = self._part(tag)
                found[name] = part
        return found

    def _part(self, tag: int) -> tuple[str, object]:
        read = self._in
        if tag in (1, 2):
            return ("name", "repr")[tag - 1], read.text()
        if tag == 3:
            return "value", read.value()
        if tag in (4, 5):
            return "items", read.values()
        if tag == 6:
            return "entries", read.pairs()
        if tag == 8:
            return "names", read.texts()
        if tag == 10:
            return "fields", read.named()
        raise read.fail(f"a part of the unknown tag {tag}")

    def _operations(self) -> list[object]:
        return [self._operation(self._in.u8()) for _ in range(self._in.uint())]

    def _operation(self, code: int) -> list[object]:
        read = self._in
        plain = {1: "append", 4: "delitem", 8: "discard", 9: "add", 12: "value"}
        if code in plain:
            return [plain[code], read.value()]
        if code == 2:
            return ["setitem", str(read.uint()), read.value()]
        if code == 3:
            return ["splice", str(read.uint()), str(read.uint()), *read.values()]
        if code == 5:
            return ["setitem", read.value(), read.value()]
        if code == 6:
            return ["clear"]
        if code == 7:
            return ["replace", *(read.value() for _ in range(2 * read.uint()))]
        return self._other_operation(code)

    def _other_operation(self, code: int) -> list[object]:
        read = self._in
        if code == 10:
            return ["delattr", read.text()]
        if code in (11, 15):
            return [{11: "setattr", 15: "link"}[code], read.text(), read.value()]
        if code == 13:
            length = str(read.uint())
            digest = read.take(8) if read.u8() else None
            return ["rest", length, "" if digest is None else digest[::-1].hex()]
        if code == 14:
            return ["class", read.text()]
        raise read.fail(f"an operation of the unknown code {code}")

    def iterators(self) -> Json:
        read = self._in
        found: Json = {}
        for _ in range(read.uint()):
            number, flags = read.uint(), read.u8()
            state: Json = {}
            if flags & 1:
                state["over"] = read.value()
            if flags & 2:
                at = str(read.value())
                is_small = "x" not in at and abs(int(at)) < 2**53
                state["at"] = int(at) if is_small else at
            if flags & 4:
                state["left"] = read.values()
            if flags & 8:
                state["state"] = _STATES[read.u8()]
            if flags & 16:
                state["line"] = read.uint()
            found[f"@{number}"] = state
        return found


class _Decoder:
    """Records, one after another."""

    def __init__(self, data: bytes) -> None:
        self._in = _Reader(data)
        self._heap = _Heap(self._in)
        self._place = [0, 0, 0]
        self._stacks: dict[int, list[object]] = {}
        self._output: dict[str, list[bytes]] = {"stdout": [], "stderr": []}

    def run(self) -> Trace:
        read = self._in
        if read.take(len(MAGIC)) != MAGIC:
            raise read.fail("it does not start as version 1 does")
        names = {number: name for name, number in GRANULARITIES.items()}
        trace = Trace(names.get(read.u8()), read.utf8(read.uint()))
        while read:
            if trace.end is not None or trace.fault is not None:
                raise read.fail("something follows the last record")
            self._record(trace, read.u8())
        self._join_output(trace)
        return trace

    def _record(self, trace: Trace, tag: int) -> None:
        read = self._in
        if 1 <= tag <= len(KINDS):
            self._join_output(trace)
            trace.events.append(self._event(KINDS[tag - 1]))
        elif tag in (TAG_STDOUT, TAG_STDERR):
            self._take_output(trace, "stdout" if tag == TAG_STDOUT else "stderr")
        elif tag == TAG_END:
            trace.end = json.loads(read.utf8(read.uint()))
        elif tag == TAG_FAULT:
            trace.fault = read.utf8(read.uint())
        else:
            raise read.fail(f"a record of the unknown tag {tag}")

    def _take_output(self, trace: Trace, name: str) -> None:
        data = self._in.take(self._in.uint())
        setattr(trace, name, getattr(trace, name) + data)
        if trace.events:
            self._output[name].append(data)

    def _join_output(self, trace: Trace) -> None:
        if not trace.events:
            return
        event = trace.events[-1]
        thread = event.pop("thread", None)
        for name, parts in self._output.items():
            text = output_text(b"".join(parts))
            if text:
                event[name] = text
            parts.clear()
        if thread is not None:
            event["thread"] = thread

    def _event(self, kind: str) -> Json:
        read, place = self._in, self._place
        flags = read.u8()
        if flags & 1:
            place[0] += read.sint()
            place[1] += read.sint()
        place[2] += read.sint()
        thread = read.uint() if flags & 0x80 else 1
        event: Json = {"kind": kind, "frame": place[0], "depth": place[1], "line": place[2]}
        self._specific(kind, event)
        self._sections(flags, event)
        if thread != 1:
            event["thread"] = thread
        return event

    def _specific(self, kind: str, event: Json) -> None:
        read = self._in
        if kind == "call":
            event["name"] = read.text()
            caller = read.uint()
            if caller:
                event["caller"] = caller
        elif kind == "instruction":
            event["op"] = read.text()
            if read.u8():
                event["arg"] = read.text()
        elif kind == "resume":
            if read.u8():
                event["name"] = read.text()
        elif kind != "line":
            event["value"] = read.value()

    def _sections(self, flags: int, event: Json) -> None:
        read = self._in
        for flag, set_key, unset_key in ((2, "set", "unset"), (4, "globals", "unsetGlobals")):
            if flags & flag:
                found, gone = read.named(), read.texts()
                event.update({set_key: found} if found else {})
                event.update({unset_key: gone} if gone else {})
        if flags & 8:
            event["heap"] = self._heap.section()
        if flags & 0x10:
            frame = self._place[0]
            kept = self._stacks.get(frame, [])[: read.uint()]
            self._stacks[frame] = [*kept, *read.values()]
            event["stack"] = self._stacks[frame]
        if flags & 0x20:
            event["iters"] = self._heap.iterators()
        if flags & 0x40:
            event["opaque"] = read.texts()


def decode(data: bytes) -> Trace:
    """Decodes the committed bytes of one trace; StreamError where no tracer writes such bytes."""
    return _Decoder(data).run()
