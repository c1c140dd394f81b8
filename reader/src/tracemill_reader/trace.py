"""One row of a data set as a trace: events, states, and the tree of calls."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracemill_reader.heap import Object, Value, is_reference
from tracemill_reader.machine import Activation, Event, Machine

COMPREHENSION = "<comp>."


@dataclass(frozen=True)
class State:
    """What one event shows. At a line event: the state before that line runs."""

    step: int
    """Index of the event."""
    event: Event
    activations: tuple[Activation, ...]
    """Those on the stack of the event's thread, outermost first."""
    suspended: tuple[Activation, ...]
    globals: Mapping[str, Value]
    objects: Mapping[int, Object]
    iterators: Mapping[str, Mapping[str, Any]]

    @property
    def locals(self) -> dict[str, Value]:
        """Of the innermost activation, as ``locals()`` shows them."""
        names = self.activations[-1].names if self.activations else {}
        shown = {name: value for name, value in names.items() if not name.startswith(COMPREHENSION)}
        for name, value in names.items():
            if name.startswith(COMPREHENSION):
                shown[name[len(COMPREHENSION) :]] = value
        return shown

    def value(self, value: Value) -> object:
        """The Python value of a text: literals, and lists, tuples, sets and dicts of them.

        Raises ValueError for what a limit cut, for other objects, and for what holds itself.
        """
        return self._value(value, ())

    def _value(self, value: Value, path: tuple[Value, ...]) -> object:
        if not isinstance(value, str) or value == "NULL":
            raise ValueError(f"{value!r} is no whole value")
        if not is_reference(value):
            return _literal(value)
        found = self.objects.get(int(value[1:]))
        if found is None or found.length is not None or value in path:
            raise ValueError(f"{value} is cut, unknown, or holds itself")
        inside = (*path, value)
        if found.type == "dict":
            pairs = found.entries or ()
            return {self._value(k, inside): self._value(v, inside) for k, v in pairs}
        kinds: dict[str, Any] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
        make = kinds.get(found.type)
        if make is None:
            raise ValueError(f"{value} is a {found.type}, which has no literal")
        return make(self._value(item, inside) for item in found.items or ())


_SPECIAL = {"float('nan')": "nan", "float('inf')": "inf", "-float('inf')": "-inf"}


def _literal(text: str) -> object:
    if text in _SPECIAL:
        return float(_SPECIAL[text])
    if text.startswith("complex("):
        parts = ast.parse(text, mode="eval").body
        assert isinstance(parts, ast.Call)
        return complex(*(_number(ast.unparse(part)) for part in parts.args))
    return ast.literal_eval(text)


def _number(text: str) -> float:
    return float(_SPECIAL.get(text, text))


@dataclass
class Call:
    """One activation in the tree of calls."""

    name: str
    frame: int
    first_step: int
    arguments: dict[str, Value]
    last_step: int | None = None
    """None where the trace ends before the activation does."""
    value: Value | None = None
    """What it returned."""
    exception: Value | None = None
    """What left it."""
    children: list[Call] = field(default_factory=list)


_KEYS = {"kind": str, "frame": int, "depth": int, "line": int}


def _events(row: Mapping[str, Any]) -> list[Event]:
    name = f"row {row.get('id', '?')}"
    if "events" not in row:
        raise ValueError(f"{name} has no column events")
    try:
        events = json.loads(row["events"] or "[]")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: events is no JSON text ({error})") from error
    if not isinstance(events, list):
        raise ValueError(f"{name}: events is no list")
    for step, event in enumerate(events):
        if not isinstance(event, dict) or any(
            type(event.get(key)) is not kind for key, kind in _KEYS.items()
        ):
            raise ValueError(f"{name}: event {step} has no kind, frame, depth or line")
    return events


class Trace:
    """The events of one row, with the columns beside them."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = row
        self.events: list[Event] = _events(row)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Trace:
        """Of a row of ``traces`` or ``rejected``: a mapping by column name.

        Raises ValueError where its events are no JSON list of events. ``states`` and
        ``call_tree`` raise it at an event that does not follow from those before;
        ``check_row`` finds any other change.
        """
        return cls(row)

    def _take(self, machine: Machine, step: int) -> Activation:
        try:
            return machine.take(self.events[step])
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"row {self.row.get('id', '?')}: event {step} is not one that a tracer writes "
                f"({type(error).__name__}: {error})"
            ) from error

    @property
    def lines(self) -> list[str]:
        return str(self.row["source"]).split("\n")

    def source_line(self, event: Event) -> str:
        """The line of the source that an event names, without its end."""
        line = event["line"]
        return self.lines[line - 1] if 0 < line <= len(self.lines) else ""

    def states(self) -> Iterator[State]:
        """The state of each event, in order. Costs what changes, and what is live, at each step."""
        machine = Machine()
        for step, event in enumerate(self.events):
            self._take(machine, step)
            yield _snapshot(step, event, machine)

    def state_at(self, step: int) -> State:
        """The state of one event. Raises IndexError where there is none."""
        event = self.events[step]
        index = step % len(self.events)
        machine = Machine()
        for earlier in range(index + 1):
            self._take(machine, earlier)
        return _snapshot(index, event, machine)

    def call_tree(self) -> list[Call]:
        """The activations without a traced caller, in order; their callees are below them."""
        machine = Machine()
        calls: dict[int, Call] = {}
        roots: list[Call] = []
        for step, event in enumerate(self.events):
            activation = self._take(machine, step)
            call = calls.get(activation.number)
            if call is None:
                call = Call(activation.name, activation.number, step, dict(activation.names))
                calls[activation.number] = call
                parent = calls.get(activation.caller or 0)
                (roots if parent is None else parent.children).append(call)
            if event["kind"] == "return":
                call.last_step, call.value = step, event["value"]
            elif event["kind"] == "unwind":
                call.last_step, call.exception = step, event["value"]
        return roots


def _snapshot(step: int, event: Event, machine: Machine) -> State:
    stack = machine.stack(event.get("thread", 1))
    live = {activation.number for activation in stack}
    suspended = (
        activation.copy()
        for activation in machine.activations.values()
        if activation.state == "suspended" and activation.number not in live
    )
    return State(
        step=step,
        event=event,
        activations=tuple(activation.copy() for activation in stack),
        suspended=tuple(suspended),
        globals=dict(machine.globals),
        objects=dict(machine.objects),
        iterators=dict(machine.iterators),
    )
