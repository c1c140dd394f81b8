"""Runs one program untraced and traced, each in a child, and tells where the program noticed.

Compared are result, exception, output, the final globals, how often methods of hostile objects ran,
when objects died, and reference counts afterwards.
"""

import ast
import contextlib
import gc
import io
import json
import re
import sys
import traceback
import types
import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any, NoReturn

from parity import RECORDERS, SECONDS_MAX, Case, PipeSink, prepared, quiet_child
from pool import asked
from support import FILENAME, LIMITS, MemorySink

from tracer import reference
from tracer.naming import isinstance_of
from tracer.values import exception_text, render

EVENTS_MAX = 1_000_000
MARK = "mark__"
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
_WATCHED = (
    *(types.FunctionType, types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType),
    *(types.MethodType, set, frozenset, BaseException, type),
)
Report = dict[str, Any]


class _Marker(ast.NodeTransformer):
    """Puts a mark before each statement of every function."""

    def __init__(self) -> None:
        self._count = 0

    def visit(self, node: ast.AST) -> ast.AST:
        self.generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            statements = getattr(node, name, None)
            if isinstance(statements, list) and not isinstance(node, ast.Module | ast.ClassDef):
                setattr(node, name, [part for one in statements for part in self._marked(one)])
        return node

    def _marked(self, statement: ast.stmt) -> list[ast.stmt]:
        if isinstance(statement, ast.Global | ast.Nonlocal):
            return [statement]
        self._count += 1
        return [*ast.parse(f"{MARK}({self._count})").body, statement]


def marked(source: str) -> str:
    """The program with a call of MARK before each statement in a function."""
    return ast.unparse(ast.fix_missing_locations(_Marker().visit(ast.parse(source))))


class Deaths:
    """Between which marks objects died: those that a frame's names held at a mark."""

    def __init__(self) -> None:
        self.log: list[object] = []
        self._kept: dict[int, weakref.ref[Any]] = {}
        self._count = 0

    def mark(self, number: int) -> None:
        """Called by the program."""
        self.log.append(number)
        for value in list(sys._getframe(1).f_locals.values()):
            kind = type(value)
            own = any(kind is known or issubclass(kind, known) for known in _WATCHED)
            is_record = type.__dict__["__module__"].__get__(kind) == "record"
            # Never a look at the value itself: `isinstance` asks an object for its `__class__`, and
            # one whose `__getattribute__` is marked would recurse to a limit that tracing moves.
            has_weakrefs = type.__dict__["__weakrefoffset__"].__get__(kind) != 0
            if (own or is_record) and has_weakrefs and not issubclass(kind, type):
                self._watch(value)

    def _watch(self, value: object) -> None:
        key = id(value)
        if key in self._kept:
            return
        self._count += 1
        name = f"{type.__dict__['__name__'].__get__(type(value))} {self._count}"

        def gone(reference: object) -> None:
            del self._kept[key]
            self.log.append(name)

        self._kept[key] = weakref.ref(value, gone)


class _Written(io.RawIOBase):
    """Keeps what is written to one of the streams."""

    def __init__(self, text: list[str], name: str) -> None:
        self._text = text
        self._name = name

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._text.append(f"{self._name}:{bytes(data).decode(errors='surrogateescape')!r}")
        return len(data)


def _stream(text: list[str], name: str) -> io.TextIOWrapper:
    raw: Any = _Written(text, name)
    return io.TextIOWrapper(raw, encoding="utf-8", newline="\n", write_through=True)


def _plain(call: Callable[[], object]) -> reference.RunResult:
    try:
        return reference.RunResult("returned", call(), None, [])
    except SystemExit as error:
        return reference.RunResult("exited", None, error, [])
    except BaseException as error:
        return reference.RunResult("raised", None, error, [])


def _is_of_record(kind: type) -> bool:
    module = type.__dict__["__module__"].__get__(kind)
    return type(module) is str and module == "record"


def _is_own(value: object) -> bool:
    kind = type(value)
    if kind is types.FunctionType:
        return value.__code__.co_filename == FILENAME  # type: ignore[attr-defined,no-any-return]
    return _is_of_record(value if isinstance_of(value, type) else kind)  # type: ignore[arg-type]


def _counts(namespace: dict[str, Any]) -> dict[str, object]:
    """References to what the globals name, and how many objects there are of the record's types."""
    found: dict[str, object] = {}
    for name, value in namespace.items():
        # Types and functions of the library are the tracer's too.
        if not _is_own(value):
            continue
        found[name] = sys.getrefcount(value)
        if type(value) is types.FunctionType:
            found[f"{name} code"] = sys.getrefcount(value.__code__)
    live: Counter[str] = Counter()
    for item in gc.get_objects():
        kind = type(item)
        if _is_of_record(kind) or kind is types.GeneratorType or kind is types.CoroutineType:
            live[type.__dict__["__name__"].__get__(kind)] += 1
    return {**found, "objects": sorted(live.items())}


def _report(namespace: dict[str, Any], result: reference.RunResult) -> Report:
    end = render(result.value, LIMITS)[0] if result.exception is None else None
    error = None if result.exception is None else exception_text(result.exception, LIMITS)
    names = {name: render(value, LIMITS)[0] for name, value in namespace.items()}
    return {"outcome": result.outcome, "value": end, "error": error, "globals": names}


def _child(case: Case, backend: str, pipe: int) -> NoReturn:
    quiet_child(SECONDS_MAX)
    sink, written, deaths = PipeSink(pipe), list[str](), Deaths()
    try:
        namespace, call = prepared(case)
        namespace[MARK] = deaths.mark
        gc.collect()
        gc.disable()
        streams = _stream(written, "out"), _stream(written, "err")
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            if backend == "none":
                result = _plain(call)
            else:
                limits = {**LIMITS, **dict(case.limits), "events": EVENTS_MAX}
                spec = reference.Spec(case.granularity, frozenset({FILENAME}), namespace, limits)
                result = RECORDERS[backend](spec, MemorySink()).run(call)
        del namespace[MARK]
        gc.collect()
        # Before anything else is made of the result.
        counts = {} if result.exception is not None else _counts(namespace)
        report = {**_report(namespace, result), "counts": counts}
        sink.send({**report, "written": written, "deaths": deaths.log})
    except BaseException:
        sink.send({"failed": traceback.format_exc()})


def report_of(case: Case, backend: str) -> Report:
    """What a child says of one run; `none` is the run without a tracer."""
    data, status = asked(lambda pipe: _child(case, backend, pipe))
    text = data.partition(b"\n")[0]
    if not text:
        return {"failed": f"no answer, status {status}"}
    found: Report = json.loads(_ADDRESS.sub("0x", text.decode()))
    return found


def noticed(case: Case, backend: str) -> str | None:
    """None where the program cannot tell the traced run from the untraced one."""
    plain, traced = report_of(case, "none"), report_of(case, backend)
    if backend == "reference":
        # It keeps what it found out of a code object, and the code with it.
        for counts in (plain.get("counts", {}), traced.get("counts", {})):
            for name in [name for name in counts if name.endswith(" code")]:
                del counts[name]
    for key in {**plain, **traced}:
        if plain.get(key) != traced.get(key):
            return f"{key}: {_shown(plain.get(key), traced.get(key))}"
    return None


def _shown(a: object, b: object) -> str:
    """The part that differs."""
    if isinstance(a, dict) and isinstance(b, dict):
        keys = [key for key in {**a, **b} if a.get(key) != b.get(key)]
        return ", ".join(f"{key}: {_shown(a.get(key), b.get(key))}" for key in keys[:5])
    if isinstance(a, list) and isinstance(b, list):
        at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), -1)
        return (
            f"at {at} of {len(a)} and {len(b)}: {a[at - 2 : at + 3]} against {b[at - 2 : at + 3]}"
        )
    return f"{str(a)[:300]} against {str(b)[:300]}"
