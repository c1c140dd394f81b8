"""The normalised syntax tree: functions that differ in names, docstrings and layout only are one.

Only names that the tree itself binds are replaced, by one name each, so that what a name means is
never confused: names of builtins, imports, class members, keywords and `global` statements stay. A
tree that looks at its own names (`locals()`, `__name__`) keeps all of them.
"""

import ast
import builtins
import hashlib
from dataclasses import dataclass

_BUILTINS = frozenset(dir(builtins))
_LOOKS_AT_NAMES = frozenset(
    {"globals", "locals", "vars", "dir", "eval", "exec", "compile", "inspect"}
)
_NAME_ATTRIBUTES = frozenset({"__name__", "__qualname__", "__doc__", "__annotations__", "__code__"})
_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module


class _Names(ast.NodeVisitor):
    """Collects what the tree binds, in the order of the text, and what must keep its name."""

    def __init__(self) -> None:
        self.bound: dict[str, None] = {}
        self.fixed: set[str] = set()
        self.looks_at_names = False

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store | ast.Del):
            self.bound[node.id] = None
        if node.id in _LOOKS_AT_NAMES or node.id == "__doc__":
            self.looks_at_names = True

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr in _NAME_ATTRIBUTES:
            self.looks_at_names = True
        self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> None:
        self.bound[node.arg] = None
        self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg is not None:
            self.fixed.add(node.arg)
        self.generic_visit(node)

    def visit_alias(self, node: ast.alias) -> None:
        self.fixed.add(node.asname or node.name.partition(".")[0])

    def visit_Global(self, node: ast.Global) -> None:
        self.fixed.update(node.names)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.bound[node.name] = None
        self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.bound[node.name] = None
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.fixed.add(node.name)
        for member in node.body:
            if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self.fixed.add(member.name)
            elif not isinstance(member, ast.Expr):
                names = (each for each in ast.walk(member) if isinstance(each, ast.Name))
                self.fixed.update(each.id for each in names if isinstance(each.ctx, ast.Store))
        self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name is not None:
            self.bound[node.name] = None
        self.generic_visit(node)

    def _visit_capture(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name is not None:
            self.bound[node.name] = None
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self._visit_capture(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        self._visit_capture(node)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest is not None:
            self.fixed.add(node.rest)
        self.generic_visit(node)

    def _visit_type_parameter(self, node: ast.TypeVar | ast.ParamSpec | ast.TypeVarTuple) -> None:
        self.fixed.add(node.name)
        self.generic_visit(node)

    def visit_TypeVar(self, node: ast.TypeVar) -> None:
        self._visit_type_parameter(node)

    def visit_ParamSpec(self, node: ast.ParamSpec) -> None:
        self._visit_type_parameter(node)

    def visit_TypeVarTuple(self, node: ast.TypeVarTuple) -> None:
        self._visit_type_parameter(node)


def _renaming(names: _Names) -> dict[str, str]:
    """The new name of each name that may be replaced: no identifier, so that it meets no other."""
    free = (name for name in names.bound if name not in names.fixed and name not in _BUILTINS)
    plain = (name for name in free if not (name.startswith("__") and name.endswith("__")))
    return {name: f"${index}" for index, name in enumerate(plain)}


def _rename(tree: ast.AST, new: dict[str, str]) -> None:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name):
                node.id = new.get(name, name)
            case ast.arg(arg=name):
                node.arg = new.get(name, name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                node.name = new.get(name, name)
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                node.name = new.get(name, name)
            case ast.Nonlocal(names=names):
                node.names = [new.get(name, name) for name in names]
            case ast.Constant():
                node.kind = None


def _drop_docstrings(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        if not isinstance(node, _Scope) or not node.body:
            continue
        match node.body[0]:
            case ast.Expr(value=ast.Constant(value=str())):
                del node.body[0]
        if not node.body and not isinstance(node, ast.Module):
            node.body.append(ast.Pass())


@dataclass(frozen=True)
class Normalised:
    """SHA-256 of the dump of the normalised tree, and what each replaced name became."""

    digest: str
    names: dict[str, str]


def normalise(tree: ast.AST) -> Normalised:
    """Changes the tree: read everything else from it before."""
    seen = _Names()
    seen.visit(tree)
    new = {} if seen.looks_at_names else _renaming(seen)
    if not seen.looks_at_names:
        _drop_docstrings(tree)
    _rename(tree, new)
    dump = ast.dump(tree, annotate_fields=False).encode("utf-8", "surrogatepass")
    return Normalised(hashlib.sha256(dump).hexdigest(), new)
