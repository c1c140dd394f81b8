"""Rebuilds names and objects from events, one by one, as docs/trace-format.md says."""

from dataclasses import dataclass, field

from tracer.decode import Json


def _key(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


@dataclass
class Object:
    """One object of the heap as a reader sees it."""

    type: str
    items: list[object] | None = None
    entries: list[list[object]] | None = None
    fields: dict[str, object] = field(default_factory=dict)
    value: object = None
    links: dict[str, object] = field(default_factory=dict)

    def apply(self, operation: list[object]) -> None:
        name, *rest = operation
        if name in ("delitem", "replace") or (name == "setitem" and self.entries is not None):
            self._apply_entries(str(name), rest)
        elif name in ("append", "setitem", "splice", "discard", "add"):
            self._apply_items(str(name), rest)
        elif name == "clear":
            for part in (self.items, self.entries):
                if part is not None:
                    part.clear()
        elif name == "delattr":
            del self.fields[str(rest[0])]
        elif name == "setattr":
            self.fields[str(rest[0])] = rest[1]
        elif name == "value":
            self.value = rest[0]
        elif name == "class":
            self.type = str(rest[0])
        elif name == "link":
            self.links[str(rest[0])] = rest[1]
        else:
            assert name == "rest", name

    def _apply_items(self, name: str, rest: list[object]) -> None:
        if self.items is None:
            self.items = []
        if name in ("append", "add"):
            self.items.append(rest[0])
        elif name == "setitem":
            self.items[int(str(rest[0]))] = rest[1]
        elif name == "discard":
            self.items.remove(rest[0])
        else:
            start, deleted = int(str(rest[0])), int(str(rest[1]))
            self.items[start : start + deleted] = rest[2:]

    def _apply_entries(self, name: str, rest: list[object]) -> None:
        assert self.entries is not None
        if name == "delitem":
            before = len(self.entries)
            self.entries = [pair for pair in self.entries if _key(pair[0]) != _key(rest[0])]
            assert len(self.entries) == before - 1
        elif name == "replace":
            self.entries = [[rest[at], rest[at + 1]] for at in range(0, len(rest), 2)]
        else:
            for pair in self.entries:
                if _key(pair[0]) == _key(rest[0]):
                    pair[1] = rest[1]
                    return
            self.entries.append([rest[0], rest[1]])


LINKS = ("self", "func", "over", "cause", "context", "maxlen", "default_factory")


class Replay:
    """The state after each event."""

    def __init__(self) -> None:
        self.frames: dict[int, dict[str, object]] = {}
        self.globals: dict[str, object] = {}
        self.objects: dict[str, Object] = {}

    def step(self, event: Json) -> None:
        names = self.frames.setdefault(int(str(event["frame"])), {})
        names.update(event.get("set", {}))
        for name in event.get("unset", []):
            del names[name]
        self.globals.update(event.get("globals", {}))
        for name in event.get("unsetGlobals", []):
            del self.globals[name]
        for number, entry in event.get("heap", {}).items():
            self._heap(f"@{number}", entry)

    def _heap(self, number: str, entry: object) -> None:
        if isinstance(entry, dict):
            entries = entry.get("entries")
            self.objects[number] = Object(
                entry["type"],
                list(entry["items"]) if "items" in entry else None,
                None if entries is None else [list(pair) for pair in entries],
                dict(entry.get("fields", {})),
                entry.get("value"),
                {name: entry[name] for name in LINKS if name in entry},
            )
            entry = entry.get("ops", [])
        assert isinstance(entry, list)
        for operation in entry:
            self.objects[number].apply(operation)

    def text(self, value: object) -> str:
        """Canonical text of a value with everything below it; numbers in order of appearance."""
        return self._text(value, {})

    def _text(self, value: object, seen: dict[str, int]) -> str:
        if not isinstance(value, str) or not value.startswith("@"):
            return _key(value)
        if value in seen:
            return f"#{seen[value]}"
        seen[value] = len(seen)
        item = self.objects[value]
        parts = [item.type]
        if item.items is not None:
            texts = [self._text(part, seen) for part in item.items]
            if item.type in ("set", "frozenset"):
                texts.sort()
            parts.append(f"[{', '.join(texts)}]")
        if item.entries is not None:
            texts = [f"{self._text(k, seen)}: {self._text(v, seen)}" for k, v in item.entries]
            parts.append(f"{{{', '.join(texts)}}}")
        if item.fields:
            texts = [f"{name}={self._text(part, seen)}" for name, part in item.fields.items()]
            parts.append(f"<{', '.join(texts)}>")
        return "".join(parts)
