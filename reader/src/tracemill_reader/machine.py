"""Replays events: which activations live, their names, operand stacks, iterators and globals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracemill_reader.heap import Object, Value, changed, defined

Event = Mapping[str, Any]


@dataclass
class Activation:
    """One activation at one step."""

    number: int
    name: str
    """Qualified name of its code."""
    caller: int | None
    first_line: int
    line: int
    """Of a line event: the line that runs next."""
    start: int = 0
    """Which of the places where its line begins with as many values on the stack."""
    progress: int = 0
    """Events of its own, and calls and resumptions that it made, since its line began."""
    names: dict[str, Value] = field(default_factory=dict)
    """In the order in which they were first bound."""
    stack: tuple[Value, ...] = ()
    """The operand stack, bottom first."""
    state: str = "running"
    """running, suspended or ended."""

    def copy(self) -> Activation:
        return Activation(**{**self.__dict__, "names": dict(self.names)})


class Machine:
    """The state that the event taken up last shows."""

    def __init__(self) -> None:
        self.objects: dict[int, Object] = {}
        self.activations: dict[int, Activation] = {}
        self.globals: dict[str, Value] = {}
        self.iterators: dict[str, dict[str, Any]] = {}
        """By ``@n``: the parts ``over``, ``at``, ``left``, ``state``, ``line`` that are known."""
        self._stacks: dict[int, list[Activation]] = {}

    def stack(self, thread: int = 1) -> list[Activation]:
        """The activations of a thread, outermost first."""
        return self._stacks.setdefault(thread, [])

    def take(self, event: Event) -> Activation:
        """Takes up an event. An activation that returns leaves the stack with the event after."""
        stack = self.stack(event.get("thread", 1))
        while stack and stack[-1].state != "running":
            stack.pop()
        self._take_heap(event.get("heap", {}))
        activation = self._enter(event, stack)
        self._bind(event, activation)
        activation.stack = tuple(event["stack"]) if "stack" in event else activation.stack
        for reference, state in event.get("iters", {}).items():
            self.iterators[reference] = {**self.iterators.get(reference, {}), **state}
        activation.line = event["line"]
        if event["kind"] in ("return", "unwind"):
            activation.state = "ended"
        elif event["kind"] == "yield":
            activation.state = "suspended"
        return activation

    def _take_heap(self, heap: Mapping[str, Any]) -> None:
        for key, entry in heap.items():
            number = int(key)
            if isinstance(entry, list):
                found, operations = self.objects.get(number), entry
            else:
                found, operations = defined(entry), entry.get("ops", [])
            if found is None:
                continue
            for operation in operations:
                found = changed(found, operation)
            self.objects[number] = found

    def _enter(self, event: Event, stack: list[Activation]) -> Activation:
        known = self.activations.get(event["frame"])
        caller = stack[-1] if stack else None
        if caller is not None and (known is None or event["kind"] == "resume"):
            caller.progress += 1
        if known is not None:
            if event["kind"] == "resume":
                stack.append(known)
            known.progress = 0 if event["kind"] == "line" else known.progress + 1
            if event["kind"] == "line":
                known.start = event.get("start", 0)
            known.state = "running"
            return known
        activation = Activation(
            number=event["frame"],
            name=event.get("name", ""),
            caller=None if caller is None else caller.number,
            first_line=event["line"],
            line=event["line"],
            start=event.get("start", 0),
        )
        self.activations[activation.number] = activation
        stack.append(activation)
        return activation

    def _bind(self, event: Event, activation: Activation) -> None:
        for names, gone, added in (
            (activation.names, "unset", "set"),
            (self.globals, "unsetGlobals", "globals"),
        ):
            for name in event.get(gone, ()):
                names.pop(name, None)
            names.update(event.get(added, {}))
