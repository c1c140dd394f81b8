"""The golden programs, traced as their comments say. As a script, writes the files anew."""

import ast
import contextlib
import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support import FILENAME, LIMITS, RegionSink, load, stream_of_child, text_output

from tracer import core, values
from tracer.decode import Json, decode
from tracer.reference import Recorder, RunResult, Spec
from tracer.wire import end_record


def folder() -> Path:
    """Where the golden files are, in the image of the tests or in a checkout."""
    here = Path(__file__).resolve().parent
    return next(
        path
        for path in (here.parent / "test/golden", here.parents[1] / "test/golden")
        if path.is_dir()
    )


@dataclass
class Program:
    """One golden program."""

    name: str
    source: str
    call: str = ""
    granularity: str = "line"
    limits: dict[str, int] = field(default_factory=dict)


def read(path: Path) -> Program:
    """A program and what its comments ask for."""
    program = Program(path.stem, path.read_text(encoding="utf-8"))
    for line in program.source.splitlines():
        key, _, text = line.removeprefix("# ").partition(": ")
        if not line.startswith("# "):
            break
        if key == "call":
            program.call = text
        elif key == "granularity":
            program.granularity = text
        elif key == "limits":
            program.limits = ast.literal_eval(text)
    return program


def programs() -> list[Program]:
    """All of them, by name."""
    return [read(path) for path in sorted((folder() / "programs").glob("*.py"))]


def _call_of(program: Program) -> tuple[dict[str, object], Callable[[], object]]:
    if not program.call:
        code = compile(program.source, FILENAME, "exec")
        namespace: dict[str, object] = {"__name__": "__main__"}
        return namespace, lambda: exec(code, namespace)
    namespace = load(program.source)
    expression = ast.parse(program.call, mode="eval").body
    assert isinstance(expression, ast.Call)
    arguments = [ast.literal_eval(argument) for argument in expression.args]
    entry = namespace[ast.unparse(expression.func)]
    assert callable(entry)
    return namespace, lambda: entry(*arguments)


def end_of(result: RunResult, limits: dict[str, int]) -> Json:
    """The fields of an end record, as a harness makes them."""
    end: Json = dict.fromkeys(
        ("outcome", "returnValue", "returnType", "returnIsLiteral", "exceptionType"),
    )
    end |= {"exceptionMessage": None, "argsAfter": None, "labels": result.labels, "fuel": None}
    end["outcome"] = result.outcome
    if result.exception is None:
        end["returnValue"], end["returnIsLiteral"] = values.render(result.value, limits)
        end["returnType"] = values.type_name(result.value)
    else:
        error = result.exception
        end["exceptionType"], end["exceptionMessage"] = values.exception_text(error, limits)
    return end


def stream_of(program: Program, *, in_c: bool = False) -> bytes:
    """The whole stream of a golden program, traced in a child."""
    limits = {**LIMITS, **program.limits}

    def work(sink: RegionSink) -> None:
        namespace, call = _call_of(program)
        spec = Spec(program.granularity, frozenset({FILENAME}), namespace, limits)
        ending: Any = sink.for_core() if in_c else sink
        recorder: Any = core.Recorder(spec, ending) if in_c else Recorder(spec, ending)
        taker = ending if in_c else recorder
        streams = (text_output(taker, 1), text_output(taker, 2))
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            result = recorder.run(call)
        ending.append(end_record(end_of(result, limits)))

    return stream_of_child(work)


def readable(data: bytes) -> str:
    """Decoded, one event a line, so that a change can be read."""
    trace = decode(data)
    lines = [json.dumps(e, ensure_ascii=False, separators=(",", ":")) for e in trace.events]
    events = "[\n" + ",\n".join(lines) + "\n]"
    end = json.dumps(trace.end, ensure_ascii=False, separators=(",", ":"))
    return f'{{"granularity":"{trace.granularity}","events":{events},"end":{end}}}\n'


def main(target: Path) -> None:
    """Writes `NAME.stream.bin` and `NAME.json` of every program into a folder."""
    for program in programs():
        data = stream_of(program)
        (target / f"{program.name}.stream.bin").write_bytes(data)
        (target / f"{program.name}.json").write_text(readable(data), encoding="utf-8")


if __name__ == "__main__":
    # Under its own name, which traces tell.
    importlib.import_module("golden").main(Path(sys.argv[1]))
