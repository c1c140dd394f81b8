"""Numbers that two streams gave in another order, because that of a set is by addresses.

Objects that are new in a set are met in the order of its table. Where the hash of a member is the
address of an iterator, that order is the heap's, and two recorders use the heap differently. The
numbers of just these members, and of what is new in them, are taken for each other.
"""

import json
from typing import Any

Event = dict[str, Any]

_SETS = frozenset({"set", "frozenset"})
# Of sets alone.
_OPERATIONS = ("add", "discard")


class Renumbering:
    """What one recorder calls `@n`, in the numbers of the other."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def renamed(self, event: Event) -> Event:
        """The event in the other one's numbers."""
        if not self._names:
            return event
        found: Event = self._of(event)
        for key in ("heap", "iters"):
            if key in found:
                parts = found[key].items()
                found[key] = dict(sorted(parts, key=lambda one: int(one[0].removeprefix("@"))))
        for part in found.get("heap", {}).values():
            _sort(part)
        return found

    def _of(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._names.get(value, value)
        if isinstance(value, list):
            return [self._of(each) for each in value]
        if isinstance(value, dict):
            return {self._key(key): self._of(each) for key, each in value.items()}
        return value

    def _key(self, key: str) -> str:
        if key.isdigit():
            return self._names.get(f"@{key}", key).removeprefix("@")
        return self._names.get(key, key)

    def learn(self, mine: Event, other: Event) -> bool:
        """Pairs the members of such sets that are new in both events. Whether there are any."""
        before = len(self._names)
        for name, part in mine.get("heap", {}).items():
            twin = other.get("heap", {}).get(name)
            a, b = _new_members(part, mine), _new_members(twin, other)
            if [one[0] for one in a] == [one[0] for one in b]:
                for (_, x), (_, y) in zip(a, b, strict=True):
                    self._pair(x, y, mine, other)
        return len(self._names) > before

    def _pair(self, x: str, y: str, mine: Event, other: Event) -> None:
        if y in self._names or not x.startswith("@"):
            return
        self._names[y] = x
        for a, b in zip(_new_parts(x, mine), _new_parts(y, other), strict=True):
            self._pair(a, b, mine, other)


def _place(value: object) -> int:
    """Objects stand behind all other members, by number."""
    return int(value[1:]) if isinstance(value, str) and value.startswith("@") else 0


def _sort(part: Any) -> None:
    """Members of a set, and its operations, in the order of numbers."""
    if isinstance(part, dict) and part.get("type") in _SETS:
        part["items"].sort(key=_place)
    elif isinstance(part, list) and all(one[0] in _OPERATIONS for one in part):
        part.sort(key=lambda one: (one[0] == "add", _place(one[1])))


def _members(part: Any) -> list[Any]:
    """What a definition or operations put into a set."""
    if isinstance(part, list):
        return [one[1] for one in part if one[0] == "add"]
    return part["items"] if isinstance(part, dict) and part.get("type") in _SETS else []


def _new_parts(name: str, event: Event) -> list[str]:
    """Objects that this one's definition names, where they are defined in this event."""
    heap = event["heap"]
    items = heap[name[1:]].get("items", ())
    return [v for v in items if isinstance(v, str) and v[:1] == "@" and v[1:] in heap]


def _shape(name: str, event: Event) -> tuple[Any, bool]:
    """What an object is made of, numbers of new ones left out, and whether it holds an iterator."""
    definition = dict(event["heap"][name[1:]])
    new = set(_new_parts(name, event))
    holds = name in event.get("iters", {})
    parts = []
    for v in definition.get("items", ()):
        text, inner = _shape(v, event) if v in new else (v, False)
        parts.append(text)
        holds |= inner
    return json.dumps({**definition, "items": parts}, sort_keys=True), holds


def _new_members(part: Any, event: Event) -> list[tuple[str, str]]:
    """Shape and name of the new members whose hash is that of an iterator, by shape."""
    found = []
    for v in _members(part):
        if isinstance(v, str) and v[:1] == "@" and v[1:] in event["heap"]:
            shape, holds = _shape(v, event)
            if holds:
                found.append((shape, v))
    return sorted(found)
