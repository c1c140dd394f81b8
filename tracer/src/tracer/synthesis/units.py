"""The statements of a module as units of a slice: what each binds, changes and needs.

Nothing is imported or executed.
"""

import ast
import symtable
from collections.abc import Iterator
from dataclasses import dataclass

from tracer.analysis_find import FunctionNode, statements

Definition = FunctionNode | ast.ClassDef
_SHADOWS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True)
class Unit:
    """One statement of the module. Lines are 1-based and inclusive, decorators among them."""

    node: ast.stmt
    line_start: int
    line_end: int
    binds: frozenset[str]
    changes: frozenset[str]
    """Names whose object the statement changes: `X.append(1)`, `X[k] = v`, `X += y`."""
    needs: frozenset[str]


def first_line(node: ast.stmt) -> int:
    """Of a definition, the line of its first decorator."""
    decorators = node.decorator_list if isinstance(node, Definition) else []
    return min([node.lineno, *(each.lineno for each in decorators)])


def is_main_guard(node: ast.stmt) -> bool:
    """`if __name__ == "__main__":`"""
    if not isinstance(node, ast.If):
        return False
    test = ast.unparse(node.test).replace('"', "'")
    return test in ("__name__ == '__main__'", "'__main__' == __name__")


def root_of(node: ast.expr) -> str | None:
    """`s` of `s.items[0].push`."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _target_names(target: ast.expr) -> Iterator[str]:
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node.id


def _bound_here(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.TypeAlias(name=target):
            yield target.id
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            for each in aliases:
                yield each.asname or each.name.partition(".")[0]
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            for target in targets:
                yield from _target_names(target)
        case ast.AugAssign(target=target) | ast.For(target=target) | ast.AsyncFor(target=target):
            yield from _target_names(target)
        case ast.AnnAssign(target=target, value=value) if value is not None:
            yield from _target_names(target)
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
                if item.optional_vars is not None:
                    yield from _target_names(item.optional_vars)
        case ast.Try(handlers=handlers) | ast.TryStar(handlers=handlers):
            yield from (each.name for each in handlers if each.name is not None)
        case ast.Global(names=names):
            yield from names


def _changed_here(node: ast.stmt) -> Iterator[str | None]:
    match node:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            for target in targets:
                if isinstance(target, ast.Attribute | ast.Subscript):
                    yield root_of(target)
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            yield root_of(target)
        case ast.Expr(value=ast.Call(func=ast.Attribute() as callee)):
            yield root_of(callee)


def _walrus(node: ast.stmt) -> Iterator[str]:
    """Names that expressions of a statement bind in the module's scope."""
    pending: list[ast.AST] = [node]
    while pending:
        each = pending.pop()
        if isinstance(each, ast.NamedExpr) and isinstance(each.target, ast.Name):
            yield each.target.id
        if not isinstance(each, _SHADOWS):
            pending.extend(ast.iter_child_nodes(each))


def globals_of(text: str, future: str) -> frozenset[str] | None:
    """The global names that a definition's text uses, exactly; None where it does not stand alone.

    `future` is the module's own future import, or empty: annotations are code without it.
    """
    try:
        top = symtable.symtable(f"{future}\n{text}", "<unit>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found: set[str] = set()
    pending = [top]
    while pending:
        table = pending.pop()
        pending.extend(table.get_children())
        for symbol in table.get_symbols():
            is_outer = table is top and symbol.is_referenced()
            if is_outer or (table is not top and symbol.is_global()):
                found.add(symbol.get_name())
    return frozenset(found)


def _loads(node: ast.stmt) -> frozenset[str]:
    names = (each for each in ast.walk(node) if isinstance(each, ast.Name))
    return frozenset(each.id for each in names if isinstance(each.ctx, ast.Load))


def _unit(node: ast.stmt, lines: list[str], future: str) -> Unit:
    start, end = first_line(node), node.end_lineno or node.lineno
    inner = [node] if isinstance(node, Definition) else list(statements([node]))
    binds = {name for each in inner for name in _bound_here(each)} | set(_walrus(node))
    changes = {name for each in inner for name in _changed_here(each) if name is not None}
    needs = None
    if isinstance(node, Definition):
        needs = globals_of("\n".join(lines[start - 1 : end]), future)
    if needs is None:
        needs = _loads(node)
    return Unit(node, start, end, frozenset(binds), frozenset(changes), needs)


def future_line(tree: ast.Module) -> str:
    """All future imports of a module as one line; empty without one."""
    names = [
        each.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for each in node.names
    ]
    return f"from __future__ import {', '.join(names)}" if names else ""


def units_of(text: str, tree: ast.Module) -> list[Unit]:
    """The units of a module in order; its docstring and its main block are none."""
    lines = text.split("\n")
    future = future_line(tree)
    units: list[Unit] = []
    for index, node in enumerate(tree.body):
        is_docstring = (
            index == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        )
        if not is_docstring and not is_main_guard(node):
            units.append(_unit(node, lines, future))
    return units
