"""Events as text for a reader: each step, and under it what it changed."""

from collections.abc import Iterator

from tracer.decode import Json

# Width of line number and kind in front of each step.
_MARGIN = 18


def value(item: object) -> str:
    """A value of an event: a literal, `@n`, or what is cut in angle brackets."""
    if not isinstance(item, dict):
        return str(item)
    if "head" in item:
        return f"<{item['type']} of {item['len']}: {item['head']}…>"
    return f"<{item['type']} …>"


def _values(items: object) -> str:
    assert isinstance(items, list)
    return ", ".join(value(item) for item in items)


def _definition(entry: Json) -> str:
    parts = [str(entry[key]) for key in ("name", "repr") if key in entry]
    if "value" in entry:
        parts.append(value(entry["value"]))
    if "items" in entry:
        is_set = entry["type"] in ("set", "frozenset")
        texts = _values(entry["items"])
        parts.append(f"{{{texts}}}" if is_set else f"[{texts}]")
    if "entries" in entry:
        pairs = [f"{value(key)}: {value(item)}" for key, item in entry["entries"]]
        parts.append(f"{{{', '.join(pairs)}}}")
    if "len" in entry:
        parts.append(f"({entry['len']} in all)")
    links = ("self", "func", "over", "cause", "context", "start", "stop", "step")
    parts += [f"{name}={value(entry[name])}" for name in links if name in entry]
    fields = entry.get("fields", {})
    assert isinstance(fields, dict)
    parts += [f"{name}={value(item)}" for name, item in fields.items()]
    return " ".join([str(entry["type"]), *parts])


def _operation(number: str, operation: list[object]) -> str:
    name, *rest = operation
    texts = [value(item) for item in rest]
    if name == "setitem":
        return f"{number}[{texts[0]}] = {texts[1]}"
    if name == "delitem":
        return f"del {number}[{texts[0]}]"
    if name in ("setattr", "link"):
        return f"{number}.{texts[0]} = {texts[1]}"
    if name == "delattr":
        return f"del {number}.{texts[0]}"
    if name == "splice":
        start, deleted = int(texts[0]), int(texts[1])
        return f"{number}[{start}:{start + deleted}] = [{', '.join(texts[2:])}]"
    if name in ("value", "class"):
        return f"{number} is now {texts[0]}"
    return f"{number}.{name}({', '.join(texts)})"


class Shower:
    """Shows events one after the other; remembers the types of objects that were defined."""

    def __init__(self, source: str) -> None:
        self._source = source.splitlines()
        self._types: dict[str, str] = {}

    def lines(self, event: Json) -> Iterator[str]:
        """Text lines of one event: what the step before changed, this step, what it wrote."""
        depth, line = event["depth"], event["line"]
        assert isinstance(depth, int)
        assert isinstance(line, int)
        indent = "  " * (depth - 1)
        margin = f"{'':{_MARGIN}}{indent}· "
        changes = [margin + change for change in self._changes(event)]
        head = f"{line:>5} {event['kind']!s:<11} {indent}{self._told(event, line)}".rstrip()
        # Arguments belong to their call; everything else happened before this step.
        yield from [head, *changes] if event["kind"] == "call" else [*changes, head]
        for key in ("stdout", "stderr"):
            if key in event:
                yield f"{margin}{key}: {event[key]!r}"

    def with_type(self, item: object) -> str:
        """A value, with the type of the object where it is one."""
        text = value(item)
        return f"{text} {self._types[text]}" if text in self._types else text

    def _told(self, event: Json, line: int) -> str:
        if "name" in event:
            return str(event["name"])
        if "value" in event:
            return self.with_type(event["value"])
        if "op" in event:
            return f"{event['op']} {event.get('arg', '')}"
        is_line = event["kind"] == "line" and line <= len(self._source)
        return self._source[line - 1].strip() if is_line else ""

    def _changes(self, event: Json) -> Iterator[str]:
        heap = event.get("heap", {})
        assert isinstance(heap, dict)
        iterators = {number: _iterator(state) for number, state in event.get("iters", {}).items()}
        defined: dict[str, str] = {}
        for number, entry in heap.items():
            if type(entry) is dict:
                name = f"@{number}"
                self._types[name] = str(entry["type"])
                defined[name] = f"{_definition(entry)} {iterators.pop(name, '')}".rstrip()
        for key in ("set", "globals"):
            names = event.get(key, {})
            assert isinstance(names, dict)
            for name, item in names.items():
                text = value(item)
                # Where the name is all that one sees of a new object, one line says both.
                told = defined.pop(text, "")
                yield f"{name} = {text} {told}".rstrip()
        for key in ("unset", "unsetGlobals"):
            names = event.get(key, [])
            assert isinstance(names, list)
            yield from (f"del {name}" for name in names)
        yield from (f"{number} {told}" for number, told in defined.items())
        for number, entry in heap.items():
            operations = entry.get("ops", []) if type(entry) is dict else entry
            yield from (_operation(f"@{number}", operation) for operation in operations)
        yield from (f"{number} {told}" for number, told in iterators.items())
        if event["kind"] == "instruction" and "stack" in event:
            yield f"stack [{_values(event['stack'])}]"


def _iterator(state: Json) -> str:
    parts = [str(state["state"])] if "state" in state else []
    if "at" in state:
        parts.append(f"at {state['at']}")
    if "over" in state:
        parts.append(f"over {value(state['over'])}")
    if "left" in state:
        parts.append(f"left [{_values(state['left'])}]")
    if "line" in state:
        parts.append(f"in line {state['line']}")
    return " ".join(parts)
