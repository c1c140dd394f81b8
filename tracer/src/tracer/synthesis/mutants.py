"""Mutants of a function: how many of its small changes the kept inputs tell from the original."""

import ast
import copy
from collections.abc import Callable, Iterator
from functools import partial

from tracer.analysis_find import FunctionNode
from tracer.synthesis.run import Runner, rendered
from tracer.synthesis.target import FILE, Record, find_target, load_text
from tracer.synthesis.trials import Trial

Shown = dict[str, str | None] | None
Plain = Callable[[dict[str, str | None]], dict[str, str | None]]

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


def _mutants(record: Record, qualname: str, count: int) -> Iterator[ast.Module]:
    """Trees of the whole text with one change in the function, spread over it."""
    node = find_target(record, qualname).node
    body = _without_docstring(node)
    total = sum(1 for part in body for _ in _changes(part))
    wanted = min(count, total)
    for number in range(wanted):
        at = number * total // wanted
        tree = copy.deepcopy(record.tree)
        other = find_target(Record(record.names, tree, record.code), qualname).node
        changes = [change for part in _without_docstring(other) for change in _changes(part)]
        changes[at]()
        yield ast.fix_missing_locations(tree)


def _without_docstring(node: FunctionNode) -> list[ast.stmt]:
    match node.body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
    return node.body


def score(
    runner: Runner, qualname: str, kept: list[tuple[Trial, Shown]], how: tuple[int, int, Plain]
) -> dict[str, int] | None:
    """How many mutants there are and how many some kept input tells; None where there are none.

    `kept` has what each showed on a text loaded afresh; `how` is the number of mutants, the fuel of
    one execution and what makes texts comparable.
    """
    count, fuel, plain = how
    record = runner.record
    if record.code is None or not kept:
        return None
    made = killed = 0
    for tree in _mutants(record, qualname, count):
        made += 1
        killed += _is_killed(runner, tree, kept, (fuel, plain))
    return {"made": made, "killed": killed} if made else None


def _is_killed(
    runner: Runner, tree: ast.Module, kept: list[tuple[Trial, Shown]], how: tuple[int, Plain]
) -> bool:
    fuel, plain = how
    try:
        mutant = load_text("", compile(tree, FILE, "exec", dont_inherit=True))
    except BaseException:
        return True
    for trial, shown in kept:
        candidate = trial.candidate
        result = runner.run(candidate.setup, candidate.call, fuel, mutant)
        if result is None or shown is None or plain(rendered(result)) != plain(shown):
            return True
    return False
