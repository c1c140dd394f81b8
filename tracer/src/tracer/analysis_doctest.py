"""Inputs in docstrings: each call of the function in an example, with the examples that it needs.

Nothing is executed and no output is compared: an example is only a source of a setup and a call.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tracer.analysis_find import Found, FunctionNode

_PROMPT = re.compile(r"^( *)>>>(?: (.*))?$")
_SKIP = re.compile(r"#\s*doctest:.*\+SKIP")
_SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


# Far more than are kept; a docstring of a thousand examples would cost a million comparisons.
INPUTS_MAX = 100
EXAMPLES_MAX = 500


@dataclass(frozen=True)
class Example:
    """One statement of a session. Positions of `node` refer to `source`."""

    source: str
    node: ast.stmt
    has_output: bool
    loads: frozenset[str]
    assigns: frozenset[str]
    """Names of variables that the statement gives a value."""
    defines: frozenset[str]
    changes: frozenset[str]

    @classmethod
    def of(cls, source: str, node: ast.stmt, has_output: bool) -> "Example":
        names = [each for each in ast.walk(node) if isinstance(each, ast.Name)]
        return cls(
            source,
            node,
            has_output,
            frozenset(each.id for each in names if isinstance(each.ctx, ast.Load)),
            frozenset(each.id for each in names if not isinstance(each.ctx, ast.Load)),
            frozenset(_defined(node)),
            frozenset(_changed(node, has_output)),
        )

    def text_of(self, node: ast.AST) -> str:
        return ast.get_source_segment(self.source, node) or ast.unparse(node)


def _sources(docstring: str) -> Iterator[tuple[str, bool]]:
    """The text of each example and whether an output is shown after it."""
    lines = docstring.expandtabs().split("\n")
    index = 0
    while index < len(lines):
        match = _PROMPT.match(lines[index])
        index += 1
        if match is None:
            continue
        indent, source = match.group(1), [match.group(2) or ""]
        more = f"{indent}..."
        while index < len(lines) and (lines[index] == more or lines[index].startswith(f"{more} ")):
            source.append(lines[index][len(more) + 1 :])
            index += 1
        after = lines[index].strip() if index < len(lines) else ""
        yield "\n".join(source), after != "" and not after.startswith(">>>")


def examples(docstring: str) -> list[Example]:
    """The examples that are Python, one per statement, but those that are marked to be skipped."""
    found: list[Example] = []
    for source, has_output in _sources(docstring):
        if _SKIP.search(source):
            continue
        try:
            body = ast.parse(source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        found.extend(Example.of(source, node, has_output) for node in body)
        if len(found) >= EXAMPLES_MAX:
            break
    return found


def _is_generator(function: FunctionNode) -> bool:
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, FunctionNode | ast.Lambda | ast.ClassDef):
            pending.extend(ast.iter_child_nodes(node))
    return False


def _loaded(node: ast.AST) -> set[str]:
    names = (each for each in ast.walk(node) if isinstance(each, ast.Name))
    return {each.id for each in names if isinstance(each.ctx, ast.Load)}


def _root(node: ast.expr) -> str | None:
    """`s` of `s.items[0].push`."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _defined(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return {each.asname or each.name.partition(".")[0] for each in aliases}
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
    return set()


def _changed(statement: ast.stmt, has_output: bool) -> set[str]:
    """Names whose value a statement may change: a target, the receiver of a method, and what is
    given to a call that shows nothing and so was made for its effect."""
    match statement:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            return {root for each in targets if (root := _root(each)) is not None}
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return {root for root in [_root(target)] if root is not None}
        case ast.Expr(value=ast.Call(func=ast.Attribute() as callee)):
            return {root for root in [_root(callee)] if root is not None}
        case ast.Expr(value=ast.Call(args=arguments)) if not has_output:
            return {each.id for each in arguments if isinstance(each, ast.Name)}
    return set()


def _setup(before: list[Example], call: ast.expr) -> str:
    """The examples that give the names of the call their values, and those that these need."""
    variables = frozenset[str]().union(*(each.assigns for each in before))
    needed = _loaded(call)
    kept: list[str] = []
    for each in reversed(before):
        gives = each.assigns | each.defines | (each.changes & variables)
        if gives & needed:
            kept.append(each.text_of(each.node))
            needed |= each.loads
    return "\n".join(reversed(kept))


def _calls(
    node: ast.AST, parent: ast.AST | None = None
) -> Iterator[tuple[ast.Call, ast.AST | None]]:
    """All calls outside inner scopes, outer ones first, each with the node around it."""
    if isinstance(node, _SCOPES):
        return
    if isinstance(node, ast.Call):
        yield node, parent
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, node)


def _receivers(before: list[Example], owner: str) -> set[str]:
    """The class and the names that hold an instance of it."""
    names = {owner}
    for example in before:
        match example.node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id=callee))):
                names = names | {name} if callee == owner else names - {name}
    return names


_CONSTRUCTORS = ("__init__", "__new__", "__post_init__")


def _is_call_of(found: Found, call: ast.Call, before: list[Example]) -> bool:
    owner, name = found.owner, found.node.name
    match call.func:
        case ast.Name(id=callee):
            return callee == (owner.name if owner and name in _CONSTRUCTORS else found.qualname)
        case ast.Attribute(attr=attr, value=value) if owner is not None:
            return attr == name and _root(value) in _receivers(before, owner.name)
    return False


def _call_of(found: Found, example: Example, before: list[Example]) -> ast.Call | None:
    """The call to trace. A generator runs where it is consumed: there it is the call around it."""
    if not isinstance(
        example.node, ast.Expr | ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Assert
    ):
        return None
    for call, parent in _calls(example.node):
        if not _is_call_of(found, call, before):
            continue
        if not _is_generator(found.node):
            return call
        if isinstance(parent, ast.Call) and call in parent.args:
            return parent
    return None


def doctest_inputs(found: Found, docstrings: list[str]) -> list[tuple[str, str]]:
    """(setup, call) of each example that calls the function, in the order of the texts."""
    inputs: list[tuple[str, str]] = []
    for docstring in docstrings:
        session = examples(docstring)
        for index, example in enumerate(session):
            before = session[:index]
            if len(inputs) >= INPUTS_MAX:
                return inputs
            call = _call_of(found, example, before)
            if call is not None:
                inputs.append((_setup(before, call), example.text_of(call)))
    return inputs
