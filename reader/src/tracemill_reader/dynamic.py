"""The dynamic states of a trace as text: the same bytes as ``tracemill show --format dynamic``.

docs/text-formats.md has the grammar.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tracemill_reader.heap import Object, Value, is_reference
from tracemill_reader.machine import Activation
from tracemill_reader.trace import State, Trace

# White space as JavaScript has it, of which Python's own class knows all but U+FEFF.
_WORD = re.compile(r'[^\s\ufeff"=,(){}\[\]@]+\Z')
_UNKNOWN = Object(type="?")


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _word(text: str) -> str:
    return text if _WORD.match(text) else _json(text)


class _Numbering:
    """Numbers of one state, in the order in which it names its objects."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self._numbers: dict[str, int] = {}

    def text(self, value: Value) -> str:
        if not isinstance(value, str):
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        if not is_reference(value):
            return value
        if value not in self._numbers:
            self.order.append(value)
            self._numbers[value] = len(self.order)
        return f"@{self._numbers[value]}"

    def listed(self, values: Iterable[Value]) -> str:
        return "[" + ", ".join(self.text(value) for value in values) + "]"

    def fields(self, fields: Mapping[str, Value]) -> str:
        parts = (f"{_word(name)}={self.text(value)}" for name, value in fields.items())
        return "(" + ", ".join(parts) + ")"


def _event_line(event: Mapping[str, Any], numbers: _Numbering) -> str:
    kind: str = event["kind"]
    if kind == "instruction":
        return f"{kind} {event['op']}" + (f" {_json(event['arg'])}" if "arg" in event else "")
    return f"{kind} {numbers.text(event['value'])}" if "value" in event else kind


def _activation_lines(activation: Activation, numbers: _Numbering) -> Iterator[str]:
    progress = f" +{activation.progress}" if activation.progress else ""
    held = " suspended" if activation.state == "suspended" else ""
    place = f"{activation.line}/{activation.start}" if activation.start else f"{activation.line}"
    yield f"in {_word(activation.name)} line {place}{progress}{held}"
    for name, value in activation.names.items():
        yield f"  {_word(name)} = {numbers.text(value)}"
    if activation.stack:
        yield f"  stack: {numbers.listed(activation.stack)}"


def _object_parts(found: Object, numbers: _Numbering) -> Iterator[str]:
    if found.name is not None:
        yield f"name {_word(found.name)}"
    if found.repr is not None:
        yield f"repr {_json(found.repr)}"
    if found.value is not None:
        yield f"value {numbers.text(found.value)}"
    if found.items is not None:
        yield f"items {numbers.listed(found.items)}"
    if found.entries is not None:
        pairs = (f"{numbers.text(key)}: {numbers.text(value)}" for key, value in found.entries)
        yield "entries {" + ", ".join(pairs) + "}"
    if found.length is not None:
        yield f"of {found.length}"
    if found.links:
        yield f"links {numbers.fields(found.links)}"
    if found.fields:
        yield f"fields {numbers.fields(found.fields)}"


def _iterator_parts(state: Mapping[str, Any], numbers: _Numbering) -> Iterator[str]:
    yield "iterator"
    if "state" in state:
        yield f"state {state['state']}"
    if "line" in state:
        yield f"line {state['line']}"
    if "over" in state:
        yield f"over {numbers.text(state['over'])}"
    if "at" in state:
        yield f"at {state['at']}"
    if "left" in state:
        yield f"left {numbers.listed(state['left'])}"


def _object_lines(state: State, numbers: _Numbering) -> Iterator[str]:
    # The list grows while it is read: an object names others.
    for number, reference in enumerate(numbers.order, 1):
        found = state.objects.get(int(reference[1:]), _UNKNOWN)
        parts = [f"@{number} {_word(found.type)}", *_object_parts(found, numbers)]
        iterator = state.iterators.get(reference)
        if iterator is not None:
            parts.extend(_iterator_parts(iterator, numbers))
        yield " ".join(parts)


def state_text(state: State) -> str:
    """One line for each thing of the state; ends with a line feed."""
    numbers = _Numbering()
    lines = [_event_line(state.event, numbers)]
    for activation in (*state.activations, *state.suspended):
        lines.extend(_activation_lines(activation, numbers))
    for name, value in state.globals.items():
        lines.append(f"global {_word(name)} = {numbers.text(value)}")
    lines.extend(_object_lines(state, numbers))
    return "".join(f"{line}\n" for line in lines)


def dynamic_text(trace: Trace) -> str:
    """The texts of all states of the first thread, with an empty line between two."""
    states = (state for state in trace.states() if state.event.get("thread", 1) == 1)
    return "\n".join(state_text(state) for state in states)
