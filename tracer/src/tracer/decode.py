"""Streams to events: the Python twin of src/wire/trace-stream.ts (docs/trace-format.md §9)."""

import json
from dataclasses import dataclass, field

from tracer.stream_reader import Json, Reader, StreamError, output_text
from tracer.wire import (
    GRANULARITIES,
    INT_MAX,
    KINDS,
    MAGIC,
    TAG_END,
    TAG_FAULT,
    TAG_LINE_AT,
    TAG_STDERR,
    TAG_STDOUT,
)

__all__ = ["Json", "StreamError", "Trace", "decode"]

_STATES = ("created", "suspended", "running", "done")


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


class _Heap:
    """Definitions, operations and iterators (§9.4, §9.5)."""

    def __init__(self, reader: Reader) -> None:
        self._in = reader
        self._positions: dict[int, int] = {}

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
            if flags & 34:
                at = self._position(number, has_step=bool(flags & 32))
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

    def _position(self, number: int, *, has_step: bool) -> str:
        read, last = self._in, self._positions.pop(number, None)
        at = str(read.moved(last, read.sint())) if has_step else str(read.value())
        if "x" not in at and -INT_MAX < int(at) < INT_MAX:
            self._positions[number] = int(at)
        return at


class _Decoder:
    """Records, one after another."""

    def __init__(self, data: bytes) -> None:
        self._in = Reader(data)
        self._heap = _Heap(self._in)
        self._place = [0, 0, 0]
        self._stacks: dict[int, list[object]] = {}
        # By frame, 0 for the globals.
        self._ints: dict[int, dict[str, int]] = {}
        self._output: dict[str, list[bytes]] = {"stdout": [], "stderr": []}

    def run(self) -> Trace:
        read = self._in
        if read.take(len(MAGIC)) != MAGIC:
            raise read.fail("it does not start as version 3 does")
        names = {number: name for name, number in GRANULARITIES.items()}
        trace = Trace(names.get(read.u8()), read.utf8(read.uint()))
        while read:
            if trace.end is not None or trace.fault is not None:
                raise read.fail("something follows the last record")
            self._record(trace, read.u8())
        self._join_output(trace)
        return trace

    def failed(self) -> StreamError:
        """What is wrong where nothing more is known."""
        return self._in.fail("a record holds what no tracer writes")

    def _record(self, trace: Trace, tag: int) -> None:
        read = self._in
        if 1 <= tag <= len(KINDS) or tag == TAG_LINE_AT:
            self._join_output(trace)
            trace.events.append(self._event(tag))
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

    def _event(self, tag: int) -> Json:
        read, place = self._in, self._place
        kind = "line" if tag == TAG_LINE_AT else KINDS[tag - 1]
        flags = read.u8()
        if flags & 1:
            place[0] += read.sint()
            place[1] += read.sint()
        place[2] += read.sint()
        thread = read.uint() if flags & 0x80 else 1
        event: Json = {"kind": kind, "frame": place[0], "depth": place[1], "line": place[2]}
        if tag == TAG_LINE_AT:
            event["start"] = read.uint()
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
        for flag, set_key, unset_key, table in (
            (2, "set", "unset", self._place[0]),
            (4, "globals", "unsetGlobals", 0),
        ):
            if flags & flag:
                ints = self._ints.setdefault(table, {})
                found, gone = read.named(ints), read.texts()
                for name in gone:
                    ints.pop(name, None)
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
    decoder = _Decoder(data)
    try:
        return decoder.run()
    except StreamError:
        raise
    except (LookupError, ValueError, RecursionError):
        # A name, a number or a text that stands for none, and values within values without end.
        raise decoder.failed() from None
