"""All functions of a module, each as a record of its own or with the reason why it is none.

Every function and method that the text defines is one of the answers, in the order of lines, so
that what was found is what was extracted and what was rejected. Nothing is executed.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tracer.analysis_find import Found, FunctionNode, last_bindings, statements
from tracer.synthesis.slicing import Slice, SliceError, Slicer

Form = Literal["function", "method", "nested"]

_STUBS = frozenset({"overload", "typing.overload"})
_ABSTRACT = frozenset({"abstractmethod", "abstractproperty", "abc.abstractmethod"})


@dataclass(frozen=True)
class Extracted:
    """One function of the module's text.

    `slice` and `reject` exclude each other; with `is_import` the function is named in its module
    instead, and neither is there. `qualname` is that of the module: `outer.<locals>.inner`.
    """

    qualname: str
    form: Form
    node: FunctionNode
    found: Found
    slice: Slice | None
    reject: str | None
    is_import: bool = False


def _decorators(node: FunctionNode | ast.ClassDef) -> set[str]:
    return {ast.unparse(each).partition("(")[0] for each in node.decorator_list}


def _is_empty(node: FunctionNode) -> bool:
    """Nothing but a docstring, pass, `...` or NotImplementedError."""
    for statement in node.body:
        match statement:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                continue
            case ast.Raise(exc=exc) if exc is not None and "NotImplemented" in ast.unparse(exc):
                continue
            case ast.Return(value=ast.Name(id="NotImplemented")):
                continue
        return False
    return True


def _unfit(node: FunctionNode, owners: list[ast.ClassDef]) -> str | None:
    """Why a function is no use however it is extracted."""
    names = _decorators(node)
    if names & _STUBS:
        return "overload-stub"
    if names & _ABSTRACT:
        return "abstract-method"
    if _is_empty(node):
        return "empty-body"
    if any(ast.unparse(base).endswith("Protocol") for owner in owners for base in owner.bases):
        return "abstract-method"
    return None


@dataclass(frozen=True)
class _Place:
    node: FunctionNode
    qualname: str
    owners: list[ast.ClassDef]
    """The classes around it, outermost first; empty for a function."""
    is_local: bool
    """Defined inside a function."""


def _inner(body: list[ast.stmt], prefix: str, owners: list[ast.ClassDef]) -> Iterator[_Place]:
    for statement in statements(body):
        if isinstance(statement, FunctionNode):
            yield _Place(statement, f"{prefix}{statement.name}", owners, "<locals>" in prefix)
            inside = f"{prefix}{statement.name}.<locals>."
            yield from _inner(_nested_body(statement.body), inside, [])
        elif isinstance(statement, ast.ClassDef):
            yield from _inner(statement.body, f"{prefix}{statement.name}.", [*owners, statement])


def _nested_body(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements of a function, through match as well."""
    flat: list[ast.stmt] = []
    for statement in statements(body):
        if isinstance(statement, ast.Match):
            for case in statement.cases:
                flat.extend(_nested_body(case.body))
        elif isinstance(statement, FunctionNode | ast.ClassDef):
            flat.append(statement)
    return flat


def _places(tree: ast.Module) -> list[_Place]:
    found = list(_inner(tree.body, "", []))
    return sorted(found, key=lambda each: (each.node.lineno, each.qualname))


class _Meanings:
    """What names mean once the module has run; each scope is looked through once."""

    def __init__(self, tree: ast.Module) -> None:
        self._top = last_bindings(tree.body)
        self._classes: dict[int, dict[str, ast.stmt]] = {}

    def reason_of(self, place: _Place) -> str | None:
        """Null where the qualified name is this very function in the end."""
        scope = self._top
        for owner in place.owners:
            if scope.get(owner.name) is not owner:
                return "name-rebound"
            scope = self._classes.setdefault(id(owner), {})
            if not scope:
                scope.update(last_bindings(owner.body))
        meaning = scope.get(place.node.name)
        if meaning is place.node:
            return None
        return "defined-again" if isinstance(meaning, FunctionNode) else "name-rebound"


@dataclass(frozen=True)
class Extraction:
    """What decides beside the text: `module` is its dotted name where the image has it."""

    module: str | None
    package: str | None
    slice_bytes_max: int

    def of(self, text: str, tree: ast.Module) -> list[Extracted]:
        """Every function of the module, in order. Raises RecursionError for absurd nesting."""
        slicer = Slicer(text, tree, self.package)
        meanings = _Meanings(tree)
        return [self._one(slicer, meanings, place) for place in _places(tree)]

    def _one(self, slicer: Slicer, meanings: _Meanings, place: _Place) -> Extracted:
        owner = place.owners[-1] if place.owners else None
        found = Found(place.qualname, place.node, owner)
        if place.is_local:
            form: Form = "nested"
        else:
            form = "method" if place.owners else "function"
        reason = _unfit(place.node, place.owners)
        if reason is None and not place.is_local:
            reason = meanings.reason_of(place)
        if reason is not None:
            return Extracted(place.qualname, form, place.node, found, None, reason)
        try:
            made = self._slice(slicer, place)
        except SliceError as error:
            is_import = self.module is not None and not place.is_local
            reject = None if is_import else error.reason
            return Extracted(place.qualname, form, place.node, found, None, reject, is_import)
        return Extracted(place.qualname, form, place.node, found, made, None)

    def _slice(self, slicer: Slicer, place: _Place) -> Slice:
        if place.is_local:
            if place.owners:
                raise SliceError("nested-closure")
            made = slicer.of_nested(place.node)
        else:
            made = slicer.of_top(place.qualname, place.node)
        if len(made.text.encode("utf-8", "replace")) > self.slice_bytes_max:
            raise SliceError("slice-too-long")
        return made
