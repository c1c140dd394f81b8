"""Loading a record and building its input: texts become a callee with ready arguments."""

import ast
import importlib
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tracer import _harness
from tracer.harness.request import Request
from tracer.safe import protect as keep_private

keep_private(globals())

RECORD_NAME = "record"
RECORD_FILE = "<record>"
_CAPTURE = "<capture>"
_LOAD = ast.Load()
# Most inputs have no setup. It runs all the same: a call of Python code, which counts.
_NO_SETUP = compile("", "<setup>", "exec", dont_inherit=True)


class LoadError(Exception):
    """The module's text raised; `cause` is what it raised."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__()
        self.cause = cause


class InputError(Exception):
    """Setup or the evaluation of arguments raised; `cause` is what it raised."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__()
        self.cause = cause


@dataclass(frozen=True)
class Program:
    """A loaded record: its own names, what else inputs may name, the files that are traced.

    `held` lives as long: the end of an object of the program may be code of it.
    """

    held: object
    names: dict[str, object]
    extra: dict[str, object]
    filenames: frozenset[str]
    body: types.CodeType | None


@dataclass(frozen=True)
class Call:
    """A callee with ready arguments, whose objects are rendered after the call.

    `held` lives as long.
    """

    held: object
    callee: Callable[..., object]
    args: tuple[object, ...]
    kwargs: dict[str, object]


def load(request: Request) -> Program:
    """Executes the module's text (kind program: compiles it only). Raises LoadError."""
    try:
        if request.kind == "import":
            return _imported(request.entry.partition(":")[0])
        return _from_text(request.source, request.kind)
    except BaseException as cause:
        raise LoadError(cause) from None


def _imported(name: str) -> Program:
    module = _harness.run(importlib.import_module, (name,), {}, None)
    assert isinstance(module, types.ModuleType)
    top = name.partition(".")[0]
    file = module.__dict__.get("__file__")
    files = frozenset([file]) if isinstance(file, str) else frozenset()
    # A call may also be written as `package.module.function(…)`.
    return Program(module, module.__dict__, {top: sys.modules[top]}, files, None)


def _from_text(source: str, kind: str) -> Program:
    name = "__main__" if kind == "program" else RECORD_NAME
    module = types.ModuleType(name)
    module.__file__ = RECORD_FILE
    _harness.show(module, module.__dict__)
    sys.modules[name] = module
    code = compile(source, RECORD_FILE, "exec", dont_inherit=True)
    if kind == "program":
        return Program(module, module.__dict__, {}, frozenset([RECORD_FILE]), code)
    _harness.run(exec, (code, module.__dict__), {}, None)
    return Program(module, module.__dict__, {}, frozenset([RECORD_FILE]), None)


def _compiled_call(text: str) -> types.CodeType:
    """The call, but of _CAPTURE, which gets the callee as its first argument."""
    tree = compile(text, "<call>", "eval", ast.PyCF_ONLY_AST, dont_inherit=True)
    assert isinstance(tree, ast.Expression)
    call = tree.body
    if not isinstance(call, ast.Call):
        raise SyntaxError("the call is not a call expression")
    callee = call.func
    call.args.insert(0, callee)
    call.func = ast.Name(
        _CAPTURE,
        _LOAD,
        lineno=callee.lineno,
        col_offset=callee.col_offset,
        end_lineno=callee.end_lineno,
        end_col_offset=callee.end_col_offset,
    )
    return compile(tree, "<call>", "eval", dont_inherit=True)


def _fill(names: dict[str, object], more: dict[str, object]) -> None:
    """Adds them. A name that is no plain text may run code of the program when it is compared."""
    if _harness.plain_names(names, more):
        names.update(more)
    else:
        _harness.run(names.update, (more,), {}, None)


def build(request: Request, program: Program) -> Call:
    """Runs setup in a copy of the names, evaluates callee and arguments. Raises InputError."""
    body = program.body
    if body is not None:
        return Call(None, exec, (body, program.names), {})
    try:
        namespace = {**program.extra}
        _fill(namespace, program.names)
        _harness.show(namespace)
        setup = _NO_SETUP
        if request.setup:
            setup = compile(request.setup, "<setup>", "exec", dont_inherit=True)
        _harness.run(exec, (setup, namespace), {}, None)
        _fill(namespace, {_CAPTURE: _harness.capture})
        captured = _compiled_call(request.call.strip())
        found: Any = _harness.run(eval, (captured, namespace), {}, None)
        (callee, *args), kwargs = found
        return Call((namespace, found), callee, tuple(args), kwargs)
    except BaseException as cause:
        raise InputError(cause) from None
