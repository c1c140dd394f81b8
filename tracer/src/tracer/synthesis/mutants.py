"""Mutants of a function: how many of its small changes the kept inputs tell from the original."""

import ast
import signal
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tracer.analysis_find import FunctionNode
from tracer.synthesis.forks import in_fork
from tracer.synthesis.plain import plain
from tracer.synthesis.run import Runner, rendered
from tracer.synthesis.target import (
    FILE,
    Record,
    codes_in,
    find_target,
    functions_of,
    load_text,
)

# A mutant that waits is told from the original by that.
WAIT_SECONDS = 5

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult, ast.Mod: ast.FloorDiv, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip


def _changes(node: ast.AST) -> Iterator[Callable[[], None]]:
    """Each changes the tree in one place."""
    for each in ast.walk(node):
        match each:
            case ast.Compare(ops=[op, *_]) if type(op) in _COMPARISONS:
                yield partial(each.ops.__setitem__, 0, _COMPARISONS[type(op)]())
            case ast.BinOp(op=operator) | ast.AugAssign(op=operator) if (
                type(operator) in _OPERATORS
            ):
                yield partial(setattr, each, "op", _OPERATORS[type(operator)]())
            case ast.BoolOp(op=ast.And()):
                yield partial(setattr, each, "op", ast.Or())
            case ast.BoolOp(op=ast.Or()):
                yield partial(setattr, each, "op", ast.And())
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield partial(setattr, each, "operand", ast.UnaryOp(ast.Not(), operand))
            case ast.Constant(value=bool() as value):
                yield partial(setattr, each, "value", not value)
            case ast.Constant(value=int() as value):
                yield partial(setattr, each, "value", value + 1)
            case ast.Return(value=value) if value is not None:
                yield partial(setattr, each, "value", ast.Constant(None))


def _mutant(record: Record, qualname: str, at: tuple[int, int]) -> ast.Module | None:
    """The text's tree with one change in the function: number `at[0]` of `at[1]` spread over it.

    None where the function has fewer places to change.
    """
    node = find_target(record, qualname).node
    changes = [change for part in _without_docstring(node) for change in _changes(part)]
    wanted = min(at[1], len(changes))
    if at[0] >= wanted:
        return None
    changes[at[0] * len(changes) // wanted]()
    return ast.fix_missing_locations(record.tree)


def _without_docstring(node: FunctionNode) -> list[ast.stmt]:
    match node.body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
    return node.body


def _loaded(record: Record, qualname: str, tree: ast.Module) -> Record | None:
    """The record with the change; None where it cannot be put into a live function."""
    if record.code is not None:
        return load_text("", compile(tree, FILE, "exec", dont_inherit=True))
    node = find_target(record, qualname).node
    for function in functions_of(record, node, qualname):
        code = compile(tree, function.__code__.co_filename, "exec", dont_inherit=True)
        # A definition may stand in a module under other names: its place says which one it is.
        [changed, *_] = [*codes_in(code, node, function.__code__.co_qualname), None]
        if changed is None or changed.co_freevars != function.__code__.co_freevars:
            return None
        function.__code__ = changed
    return record


def judged(runner: Runner, qualname: str, asked: dict[str, Any]) -> dict[str, bool | None]:
    """Whether some input shows something else on mutant `asked["mutant"]` of `asked["of"]`.

    `killed` is None where there is no such mutant. Runs in a fork, and leaves the record changed.
    """
    signal.alarm(WAIT_SECONDS * (1 + len(asked["inputs"])))
    record = runner.record
    tree = _mutant(record, qualname, (asked["mutant"], asked["of"]))
    if tree is None:
        return {"killed": None}
    try:
        mutant = _loaded(record, qualname, tree)
    except BaseException:
        return {"killed": True}
    if mutant is None:
        return {"killed": None}

    def shown(each: dict[str, Any]) -> dict[str, str | None] | None:
        signal.alarm(WAIT_SECONDS)
        result = runner.run(each["setup"], each["call"], each["fuel"], mutant)
        return None if result is None else plain(rendered(result))

    for each in asked["inputs"]:
        if in_fork(lambda: shown(each)).answer != each["shown"]:  # noqa: B023
            return {"killed": True}
    return {"killed": False}
