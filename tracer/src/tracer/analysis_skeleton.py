"""The skeleton of a function: what is left of it when names, layout and annotations are taken away.

Benchmarks are looked for by it. It goes further than the normalised tree, which must never make
one of two functions that do different things: here every name that is no builtin is replaced, also
those of helpers and modules, and annotations go as docstrings do. Attributes, builtins, literals
and keywords of calls stay.
"""

import ast
import builtins
import copy

from tracer.analysis_find import FunctionNode

_BUILTINS = frozenset(dir(builtins))
_Block = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module


class _Bare(ast.NodeTransformer):
    """Without docstrings, annotations and decorators."""

    def _function(self, node: FunctionNode) -> ast.AST:
        node.decorator_list = []
        node.returns = None
        node.type_comment = None
        node.type_params = []
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        node.type_comment = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        assign = ast.Assign([node.target], node.value)
        return self.generic_visit(ast.copy_location(assign, node))

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """A text that stands alone says nothing, wherever it stands."""
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return None
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        node.kind = None
        return node


class _Names(ast.NodeVisitor):
    """Replaces names by the order in which they first stand in the tree."""

    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}

    def _new(self, name: str) -> str:
        if name in _BUILTINS and name not in self.numbers:
            return name
        return self.numbers.setdefault(name, f"${len(self.numbers)}")

    def bind(self, tree: ast.AST) -> None:
        """A builtin's name that the tree gives another meaning is a name like any other."""
        for node in ast.walk(tree):
            match node:
                case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                    self.numbers.setdefault(name, f"${len(self.numbers)}")
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    self.numbers.setdefault(name, f"${len(self.numbers)}")

    def visit_Name(self, node: ast.Name) -> None:
        node.id = self._new(node.id)

    def visit_arg(self, node: ast.arg) -> None:
        node.arg = self._new(node.arg)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        node.name = self._new(node.name)
        self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        node.name = self._new(node.name)
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        node.name = self._new(node.name)
        self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        node.name = None if node.name is None else self._new(node.name)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Keywords of a function that the tree itself defines are names of its parameters."""
        own = isinstance(node.func, ast.Name) and node.func.id in self.numbers
        for keyword in node.keywords:
            if own and keyword.arg in self.numbers:
                keyword.arg = self.numbers[keyword.arg]
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        node.names = [self._new(name) for name in node.names]

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        node.names = [self._new(name) for name in node.names]

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        node.name = None if node.name is None else self._new(node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        node.name = None if node.name is None else self._new(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        node.rest = None if node.rest is None else self._new(node.rest)
        self.generic_visit(node)


def _fill_blocks(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and not body and not isinstance(node, ast.Module):
            body.append(ast.Pass())


def skeleton(node: FunctionNode | ast.Module) -> str:
    """As text that `ast.unparse` gives. The node stays as it is. Raises RecursionError."""
    bare = _Bare().visit(copy.deepcopy(node))
    _fill_blocks(bare)
    names = _Names()
    names.bind(bare)
    names.visit(bare)
    return ast.unparse(ast.fix_missing_locations(bare))


def parameters(node: FunctionNode) -> int | None:
    """How many positional arguments it takes, defaults included; None where that is open."""
    given = node.args
    if given.vararg is not None or given.kwarg is not None or given.kwonlyargs:
        return None
    return len(given.posonlyargs) + len(given.args)
