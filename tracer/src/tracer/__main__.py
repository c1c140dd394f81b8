"""`python -m tracer FILE.py FUNCTION 'ARGS'`: traces one call in this process and prints it.

For a look at code that one trusts: there is no sandbox here, and no limit on time or memory.
"""

import sys
from pathlib import Path
from typing import NoReturn

from tracer.decode import Json, decode
from tracer.reference import Recorder, RunResult, Spec
from tracer.values import exception_text, render

FILENAME = "<record>"
LIMITS = {
    "events": 20_000,
    "stringCodePoints": 10_000,
    "stringHead": 1_000,
    "containerItems": 1_000,
    "depth": 20,
    "objectBytes": 65_536,
}
USAGE = "usage: python -m tracer [--granularity call|line|instruction] FILE.py FUNCTION 'ARGS'"


class PrintingSink:
    """Keeps records; where a budget is spent, prints what there is and ends."""

    def __init__(self, source: str) -> None:
        self._source = source.splitlines()
        self._records: list[bytes] = []

    def append(self, record: bytes, /) -> None:
        self._records.append(record)

    def stop(self, marker: str, /) -> NoReturn:
        self.print()
        print(f"ended by its budget of {marker}", flush=True)
        raise SystemExit(0)

    def print(self) -> None:
        """Prints the events so far."""
        for event in decode(b"".join(self._records)).events:
            print("\n".join(_lines(event, self._source)))


def _value(value: object) -> str:
    if isinstance(value, dict):
        return f"{value['head']}… ({value['len']})" if "head" in value else f"<{value['type']} …>"
    return str(value)


def _definition(entry: Json) -> str:
    parts = [str(entry[key]) for key in ("name", "repr") if key in entry]
    if "items" in entry:
        parts.append(f"[{', '.join(_value(item) for item in entry['items'])}]")
    if "entries" in entry:
        pairs = [f"{_value(key)}: {_value(item)}" for key, item in entry["entries"]]
        parts.append(f"{{{', '.join(pairs)}}}")
    fields = entry.get("fields", {})
    assert isinstance(fields, dict)
    parts += [f"{name}={_value(item)}" for name, item in fields.items()]
    return f"{entry['type']} {' '.join(parts)}".rstrip()


def _changes(event: Json) -> list[str]:
    found: list[str] = []
    for key in ("set", "globals"):
        names = event.get(key, {})
        assert isinstance(names, dict)
        found += [f"{name} = {_value(value)}" for name, value in names.items()]
    for key in ("unset", "unsetGlobals"):
        names = event.get(key, [])
        assert isinstance(names, list)
        found += [f"del {name}" for name in names]
    heap = event.get("heap", {})
    assert isinstance(heap, dict)
    for number, entry in heap.items():
        operations = entry
        if isinstance(entry, dict):
            found.append(f"@{number}: {_definition(entry)}")
            operations = entry.get("ops", [])
        found += [f"@{number}.{op[0]}({', '.join(map(_value, op[1:]))})" for op in operations]
    found += [f"{key}: {event[key]!r}" for key in ("stdout", "stderr") if key in event]
    return found


def _lines(event: Json, source: list[str]) -> list[str]:
    depth, line = event["depth"], event["line"]
    assert isinstance(depth, int)
    assert isinstance(line, int)
    indent = "  " * (depth - 1)
    kind = str(event["kind"])
    told = source[line - 1].strip() if kind == "line" and line <= len(source) else ""
    if "name" in event:
        told = str(event["name"])
    elif "value" in event:
        told = _value(event["value"])
    elif "op" in event:
        told = f"{event['op']} {event.get('arg', '')}".rstrip()
    return [
        *(f"{'':18}{indent}· {change}" for change in _changes(event)),
        f"{line:>5} {kind:<11} {indent}{told}",
    ]


def _end(result: RunResult) -> str:
    if result.exception is not None:
        name, message = exception_text(result.exception, LIMITS)
        return f"{result.outcome} {name}: {message}"
    return f"{result.outcome} {render(result.value, LIMITS)[0]}"


def _arguments() -> tuple[str, Path, str, str]:
    words = sys.argv[1:]
    granularity = "line"
    if words[:1] == ["--granularity"] and len(words) > 1:
        granularity, words = words[1], words[2:]
    if len(words) not in (2, 3) or granularity not in ("call", "line", "instruction"):
        raise SystemExit(USAGE)
    return granularity, Path(words[0]), words[1], words[2] if len(words) > 2 else ""


def main() -> None:
    """Exit code 0 whatever the function does; 1 with a sentence where it cannot be called."""
    granularity, path, name, arguments = _arguments()
    try:
        source = path.read_text(encoding="utf-8")
        namespace: dict[str, object] = {"__name__": "record"}
        exec(compile(source, FILENAME, "exec"), namespace)
        prepared = eval(f"(lambda *a, **k: (a, k))({arguments})", namespace)
        function = namespace[name]
    except KeyError:
        raise SystemExit(f"{path} has no {name!r}") from None
    except Exception as error:
        raise SystemExit(f"cannot prepare the call: {type(error).__name__}: {error}") from None
    assert callable(function)
    sink = PrintingSink(source)
    spec = Spec(granularity, frozenset({FILENAME}), namespace, LIMITS)
    args, kwargs = prepared
    result = Recorder(spec, sink).run(lambda: function(*args, **kwargs))
    sink.print()
    print(_end(result))
    if result.labels:
        print(f"labels: {', '.join(result.labels)}")


if __name__ == "__main__":
    main()
