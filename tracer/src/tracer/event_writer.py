"""Writes events: meets what they refer to in the fixed order, and encodes each as one record."""

import threading
from dataclasses import dataclass

from tracer import _peek
from tracer.activation import Activation, Changes
from tracer.code_facts import CodeFacts
from tracer.global_names import Globals
from tracer.heap import Heap
from tracer.iterators import State
from tracer.iterators import encode as encode_iterators
from tracer.safe import protect
from tracer.wire import KINDS, TAG_LINE_AT, Encoder, Sink, Value, sint, uint

protect(globals())

_TAGS = {kind: index + 1 for index, kind in enumerate(KINDS)}
_PLACE, _NAMES, _GLOBALS, _HEAP, _STACK, _ITERS, _OPAQUE, _THREAD = (1 << bit for bit in range(8))
_Local = threading.local


@dataclass(slots=True)
class Event:
    """One event before it is written; `payload` is the value that five of the kinds have."""

    kind: str
    frame: int
    offset: int
    activation: Activation
    payload: object = None
    name: str | None = None


@dataclass(slots=True)
class Tables:
    """What all events share."""

    heap: Heap
    globals: Globals
    # By id(code), for depth.
    facts: dict[int, CodeFacts]
    # By address of the frame.
    frames: dict[int, Activation]

    def number_of(self, frame: int) -> int:
        """Number of the activation of a frame, 0 where it has none."""
        activation = self.frames.get(frame)
        return 0 if activation is None else activation.number


@dataclass(slots=True)
class _Content:
    """The values of one event, all met."""

    payload: Value | None
    names: Changes
    globals: Changes
    stack: list[Value] | None
    iterators: list[tuple[int, State]]


class EventWriter:
    """Appends events to a sink and counts them."""

    def __init__(self, tables: Tables, sink: Sink, events_max: int) -> None:
        self._tables = tables
        self._sink = sink
        self._events_max = events_max
        self._encoder = Encoder()
        self._count = 0
        self._place = (0, 0)
        self._line = 0
        self._positions: dict[int, int] = {}
        # A thread that ended may leave its identifier to the next one, but not what is local to it.
        self._thread = _Local()
        self._thread.number = self._thread_count = 1

    @property
    def thread_count(self) -> int:
        """Threads that had an event, the first one included."""
        return self._thread_count

    def write(self, event: Event) -> None:
        """Event 0 is free; where the budget is spent the process ends here."""
        if self._count > self._events_max:
            self._sink.stop("events")
        self._count += 1
        self._sink.append(self._record(event))

    def _record(self, event: Event) -> bytes:
        depth, caller = _peek.depth(event.frame, self._tables.facts)
        thread = self._thread_number()
        line = event.activation.line_at(event.offset)
        content = self._content(event)
        flags = 0 if thread == 1 else _THREAD
        head = b""
        place = (event.activation.number, depth)
        if place != self._place:
            flags |= _PLACE
            head = sint(place[0] - self._place[0]) + sint(depth - self._place[1])
        head += sint(line - self._line)
        self._place, self._line = place, line
        if thread != 1:
            head += uint(thread)
        head += self._specific(event, content.payload, caller)
        more, body = self._sections(event.activation, content)
        tag = TAG_LINE_AT if self._start_of(event) else _TAGS[event.kind]
        return bytes([tag, flags | more]) + head + body

    def _start_of(self, event: Event) -> int:
        return event.activation.facts.start(event.offset) if event.kind == "line" else 0

    def _thread_number(self) -> int:
        number = getattr(self._thread, "number", 0)
        if number == 0:
            self._thread_count += 1
            number = self._thread.number = self._thread_count
        return number

    def _content(self, event: Event) -> _Content:
        heap = self._tables.heap
        payload = stack = None
        if event.kind in ("raise", "handled", "unwind"):
            payload = self._values([event.payload])[0]
        names = Changes()
        self._compare_names(event, names)
        heap.define_waiting()
        changes = self._tables.globals.changes()
        heap.define_waiting()
        if event.kind in ("line", "instruction", "yield"):
            facts = event.activation.facts
            depth = facts.depth(event.offset) - (event.kind == "yield")
            stack = self._values(_peek.stack(event.frame, depth))
        if event.kind in ("return", "yield"):
            payload = self._values([event.payload])[0]
        return _Content(payload, names, changes, stack, heap.iterators.take_news())

    def _values(self, items: list[object]) -> list[Value]:
        values = [self._tables.heap.value(item, 1) for item in items]
        self._tables.heap.define_waiting()
        return values

    def _compare_names(self, event: Event, changes: Changes) -> None:
        heap, activation = self._tables.heap, event.activation
        if not activation.facts.is_optimized:
            namespace = _peek.namespace(event.frame)
            if not self._tables.globals.is_namespace(namespace):
                found = [(n, heap.value(v, 1)) for n, v in activation.body_values(event.frame)]
                activation.body.update(iter(found), changes)
                activation.body.forget_others({name for name, _ in found}, changes)
        pairs = activation.slot_values(event.frame, event.offset)
        activation.names.update(((name, heap.value(value, 1)) for name, value in pairs), changes)

    def _specific(self, event: Event, payload: Value | None, caller: int) -> bytes:
        encoder = self._encoder
        if event.kind == "call":
            return encoder.text(event.name or "") + uint(self._tables.number_of(caller))
        if event.kind == "resume":
            return b"\x00" if event.name is None else b"\x01" + encoder.text(event.name)
        if event.kind == "instruction":
            facts = event.activation.facts
            argument = facts.argument(event.offset)
            # In the order of the stream: each text that is new gets the next entry of the table.
            head = encoder.text(facts.at[event.offset].op)
            return head + (b"\x00" if argument is None else b"\x01" + encoder.text(argument))
        if event.kind == "line":
            start = self._start_of(event)
            return uint(start) if start else b""
        return b"" if payload is None else encoder.value(payload)

    def _sections(self, activation: Activation, content: _Content) -> tuple[int, bytes]:
        encoder = self._encoder
        flags, parts = 0, []
        for flag, changes, ints in (
            (_NAMES, content.names, activation.ints),
            (_GLOBALS, content.globals, self._tables.globals.ints),
        ):
            if changes:
                flags |= flag
                parts.append(changes.encode(encoder, ints))
        news = self._tables.heap.take_news(encoder)
        if news:
            flags |= _HEAP
            parts.append(news)
        stack = b"" if content.stack is None else activation.stack_news(content.stack, encoder)
        if stack:
            flags |= _STACK
            parts.append(stack)
        if content.iterators:
            flags |= _ITERS
            parts.append(encode_iterators(encoder, content.iterators, self._positions))
        if activation.opaque:
            flags |= _OPAQUE
            parts.append(encoder.texts(activation.opaque))
            activation.opaque.clear()
        return flags, b"".join(parts)
