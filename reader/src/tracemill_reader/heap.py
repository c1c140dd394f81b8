"""The numbered objects of a trace while its events are read (docs/trace-format.md, section 5)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Value = str | dict[str, Any]
"""A Python literal, ``@n``, ``NULL``, or a cut: a dict with ``type``, and ``head`` or ``cut``."""

LINKS = (
    "self",
    "func",
    "over",
    "cause",
    "context",
    "default_factory",
    "maxlen",
    "start",
    "stop",
    "step",
)


@dataclass(frozen=True)
class Object:
    """An object at one step. What it does not have is None; a change makes another Object."""

    type: str
    name: str | None = None
    repr: str | None = None
    names: tuple[str, ...] | None = None
    value: Value | None = None
    items: tuple[Value, ...] | None = None
    entries: tuple[tuple[Value, Value], ...] | None = None
    length: int | None = None
    """Where a limit cut it: how many items there are in all."""
    links: Mapping[str, Value] = field(default_factory=dict)
    fields: Mapping[str, Value] = field(default_factory=dict)


def text(value: Value) -> str:
    """What values are compared by."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def is_reference(value: Value) -> bool:
    return isinstance(value, str) and value.startswith("@") and value[1:].isdigit()


def defined(definition: Mapping[str, Any]) -> Object:
    names, items, entries = (definition.get(key) for key in ("names", "items", "entries"))
    return Object(
        type=definition["type"],
        name=definition.get("name"),
        repr=definition.get("repr"),
        names=None if names is None else tuple(names),
        value=definition.get("value"),
        items=None if items is None else tuple(items),
        entries=None if entries is None else tuple((key, value) for key, value in entries),
        length=definition.get("len"),
        links={key: definition[key] for key in LINKS if key in definition},
        fields=dict(definition.get("fields", {})),
    )


def _with_entry(found: Object, key: Value, value: Value) -> Object:
    entries = list(found.entries or ())
    for index, (known, _) in enumerate(entries):
        if text(known) == text(key):
            entries[index] = (known, value)
            break
    else:
        entries.append((key, value))
    return replace(found, entries=tuple(entries))


def _with_items(found: Object, operation: Sequence[Any]) -> Object:
    name, operands = operation[0], operation[1:]
    items = list(found.items or ())
    if name in ("append", "add"):
        items.append(operands[0])
    elif name == "discard":
        items = [item for item in items if text(item) != text(operands[0])]
    elif name == "setitem":
        items[int(operands[0])] = operands[1]
    else:
        start, deleted = int(operands[0]), int(operands[1])
        items[start : start + deleted] = operands[2:]
    return replace(found, items=tuple(items))


def _without(mapping: Mapping[str, Value], name: str) -> dict[str, Value]:
    return {key: value for key, value in mapping.items() if key != name}


def _cleared(found: Object) -> Object:
    return replace(
        found,
        items=None if found.items is None else (),
        entries=None if found.entries is None else (),
    )


def _with_mapping(found: Object, operation: Sequence[Any]) -> Object:
    name, operands = operation[0], operation[1:]
    if name == "link":
        return replace(found, links={**found.links, operands[0]: operands[1]})
    if name == "delattr":
        return replace(found, fields=_without(found.fields, operands[0]))
    if name == "setattr":
        return replace(found, fields={**found.fields, operands[0]: operands[1]})
    entries = tuple((operands[at], operands[at + 1]) for at in range(0, len(operands), 2))
    return replace(found, entries=entries)


def changed(found: Object, operation: Sequence[Any]) -> Object:
    """The object after one operation of docs/trace-format.md, section 5.1."""
    name = operation[0]
    if name in ("link", "delattr", "setattr", "replace"):
        return _with_mapping(found, operation)
    if name == "class":
        return replace(found, type=text(operation[1]))
    if name == "value":
        return replace(found, value=operation[1])
    if name == "clear":
        return _cleared(found)
    if name == "rest":
        return replace(found, length=None if operation[2] == "" else int(operation[1]))
    if name == "delitem":
        kept = ((k, v) for k, v in found.entries or () if text(k) != text(operation[1]))
        return replace(found, entries=tuple(kept))
    if name == "setitem" and found.entries is not None:
        return _with_entry(found, operation[1], operation[2])
    return _with_items(found, operation)
