"""`python -m tracer FILE.py FUNCTION 'ARGS'`: traces one call in this process and prints it.

For a look at code that one trusts: there is no sandbox here, and no limit on time or memory.
"""

import argparse
import contextlib
import importlib
import io
import json
import os
import sys
import tokenize
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from tracer import reference
from tracer.decode import decode
from tracer.reference import RunResult, Spec
from tracer.show import Shower, value
from tracer.values import exception_text, render

FILENAME = "<record>"
MODULE = "record"
LIMITS = {
    "events": 20_000,
    "stringCodePoints": 10_000,
    "stringHead": 1_000,
    "containerItems": 1_000,
    "depth": 20,
    "objectBytes": 65_536,
}


class PrintingSink:
    """Keeps records; where a budget is spent, prints what there is and ends the process."""

    def __init__(self, source: str, out: io.TextIOBase | Any) -> None:
        self._shower = Shower(source)
        self._out = out
        self._records: list[bytes] = []

    def append(self, record: bytes, /) -> None:
        self._records.append(record)

    def stop(self, marker: str, /) -> NoReturn:
        self.finish(None, f"stopped: the budget of {marker} is spent (--events gives more)")
        # An exception would end in the program.
        os._exit(0)

    def finish(self, result: RunResult | None, last: str) -> None:
        """Prints the events, and how it ended."""
        with contextlib.suppress(BrokenPipeError):
            events = decode(b"".join(self._records)).events
            for event in events:
                self._out.writelines(f"{line}\n" for line in self._shower.lines(event))
            if result is not None:
                last = self._end(result, events[-1] if events else {})
            self._out.write(f"{last}\n")
            self._out.flush()

    def _end(self, result: RunResult, event: dict[str, Any]) -> str:
        if result.exception is not None:
            name, message = exception_text(result.exception, LIMITS)
            end = f"{result.outcome} {name}: {message}" if message else f"{result.outcome} {name}"
        else:
            text, is_literal = render(result.value, LIMITS)
            end = f"returned {text if is_literal else self._object(json.loads(text), event)}"
        return f"{end}\nlabels: {', '.join(result.labels)}" if result.labels else end

    def _object(self, shown: dict[str, Any], event: dict[str, Any]) -> str:
        """With its number in the trace, where the last event returned it; else by type and name."""
        entry = shown["heap"].get(str(shown["value"])[1:])
        if entry is None:
            return value(shown["value"])
        if event.get("kind") == "return" and event["depth"] == 1:
            told = self._shower.with_type(event["value"])
            if told.endswith(f" {entry['type']}"):
                return told
        return f"{entry['type']} {entry.get('name', '')}".rstrip()


class _Output(io.RawIOBase):
    """What the program prints goes to its step."""

    def __init__(self, recorder: Any, fd: int) -> None:
        self._recorder = recorder
        self._fd = fd

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._recorder.output(self._fd, bytes(data))
        return len(data)


def _stream(recorder: Any, fd: int) -> io.TextIOWrapper:
    raw: Any = _Output(recorder, fd)
    return io.TextIOWrapper(raw, encoding="utf-8", newline="\n", write_through=True)


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("is at least 0")
    return number


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tracer",
        description="Traces one call of a function and prints what each step did.",
        epilog="example: python -m tracer squares.py squares 5",
    )
    parser.add_argument("file", type=Path, metavar="FILE.py")
    parser.add_argument("function", metavar="FUNCTION")
    parser.add_argument(
        "arguments",
        metavar="ARGS",
        nargs="?",
        default="",
        help="as in a call, quoted for the shell: \"'text', n=3\"",
    )
    parser.add_argument("--granularity", choices=("call", "line", "instruction"), default="line")
    parser.add_argument("--events", type=_count, default=LIMITS["events"], metavar="N")
    parser.add_argument(
        "--backend",
        choices=("core", "reference"),
        help="the recorder in C, which is taken where it is built, or the slow and obvious one",
    )
    return parser.parse_args()


def _recorder(backend: str | None, spec: Spec, sink: PrintingSink) -> Any:
    """The recorder that is asked for; where none is, that in C if it is built."""
    if backend != "reference":
        try:
            return importlib.import_module("tracer.core").Recorder(spec, sink)
        except ImportError:
            if backend == "core":
                raise SystemExit("the recorder in C is not built: pip install ./tracer") from None
    return reference.Recorder(spec, sink)


def _attempt[T](what: str, action: Callable[[], T]) -> T:
    try:
        return action()
    except Exception as error:
        raise SystemExit(f"cannot {what}: {type(error).__name__}: {error}") from None


def _read(path: Path) -> str:
    """As the interpreter reads it: a byte order mark or a line may name the encoding."""
    with tokenize.open(path) as file:
        return file.read()


def _load(path: Path, source: str) -> dict[str, object]:
    module = types.ModuleType(MODULE)
    module.__file__ = str(path)
    sys.modules[MODULE] = module
    sys.path.insert(0, str(path.resolve().parent))
    namespace = vars(module)
    exec(compile(source, FILENAME, "exec"), namespace)
    return namespace


def main() -> None:
    """Exit code 0 whatever the function does; 1 with a sentence where it cannot be called."""
    options = _options()
    path: Path = options.file
    source = _attempt(f"read {path}", lambda: _read(path))
    namespace = _attempt(f"load {path}", lambda: _load(path, source))
    function = namespace.get(options.function)
    if not callable(function):
        raise SystemExit(f"{path} has no function {options.function!r}")
    take = f"(lambda *args, **kwargs: (args, kwargs))({options.arguments})"
    args, kwargs = _attempt("evaluate the arguments", lambda: eval(take, {**namespace}))
    sink = PrintingSink(source, sys.stdout)
    limits = {**LIMITS, "events": options.events}
    spec = Spec(options.granularity, frozenset({FILENAME}), namespace, limits)
    recorder = _recorder(options.backend, spec, sink)
    streams = _stream(recorder, 1), _stream(recorder, 2)
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        result = recorder.run(lambda: function(*args, **kwargs))
    sink.finish(result, "")


if __name__ == "__main__":
    main()
