"""Inputs that import what their record defines: it is the record's own that they must call."""

import ast

from tracer.analysis_inputs import Input, InputRules


def _defined(tree: ast.Module) -> set[str]:
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }


def _kept(node: ast.stmt, names: set[str]) -> ast.stmt | None:
    if not isinstance(node, ast.ImportFrom):
        return node
    aliases = [each for each in node.names if (each.asname or each.name) not in names]
    if len(aliases) == len(node.names):
        return node
    if not aliases:
        return None
    return ast.ImportFrom(node.module, aliases, node.level)


def without_own_imports(found: Input, record: ast.Module, rules: InputRules) -> Input:
    """The input without imports of names that the record's text defines."""
    if found.reject is not None or "import" not in found.setup:
        return found
    tree = ast.parse(found.setup)
    names = _defined(record)
    kept = [node for each in tree.body if (node := _kept(each, names)) is not None]
    if len(kept) == len(tree.body) and all(a is b for a, b in zip(kept, tree.body, strict=True)):
        return found
    setup = "\n".join(ast.unparse(ast.fix_missing_locations(each)) for each in kept)
    return rules.check(found.origin, setup, found.call, found.stdin)
