"""Finds functions in a parsed module, and modules in the image; nothing is imported or executed."""

import ast
import importlib.machinery
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Definition = FunctionNode | ast.ClassDef


@dataclass(frozen=True)
class Found:
    """A function of a record, with the classes around it."""

    qualname: str
    node: FunctionNode
    owner: ast.ClassDef | None

    @property
    def line_start(self) -> int:
        lines = [self.node.lineno, *(each.lineno for each in self.node.decorator_list)]
        return min(lines)

    @property
    def line_end(self) -> int:
        return self.node.end_lineno or self.node.lineno


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements that run in the scope of `body`, in order, through if, try and with."""
    for statement in body:
        yield statement
        match statement:
            case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
                yield from statements(statement.body)
                yield from statements(statement.orelse)
            case ast.Try() | ast.TryStar():
                yield from statements(statement.body)
                for handler in statement.handlers:
                    yield from statements(handler.body)
                yield from statements(statement.orelse)
                yield from statements(statement.finalbody)
            case ast.With() | ast.AsyncWith():
                yield from statements(statement.body)


def _bound_names(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return [each.asname or each.name.partition(".")[0] for each in names]
        case ast.Assign(targets=targets):
            return [each.id for each in targets if isinstance(each, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
            return [name]
    return []


def last_bindings(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    """For each name that a scope binds, the statement that gives it its meaning in the end."""
    last: dict[str, ast.stmt] = {}
    for statement in statements(body):
        for name in _bound_names(statement):
            if isinstance(statement, Definition) or not _wraps(statement, name, last.get(name)):
                last[name] = statement
    return last


def _wraps(statement: ast.stmt, name: str, last: ast.stmt | None) -> bool:
    """`f = wrap(f)` after `def f`: the function is still the one that is called."""
    if not isinstance(last, FunctionNode) or not isinstance(statement, ast.Assign):
        return False
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(statement.value))


def find_entry(tree: ast.Module, qualname: str) -> Found | str:
    """What the qualified name means when the module has run: its last definition. Else a reason."""
    body, owner = tree.body, None
    *outer, name = qualname.split(".")
    for part in outer:
        node = last_bindings(body).get(part)
        if not isinstance(node, ast.ClassDef):
            return "entry-missing"
        body, owner = node.body, node
    node = last_bindings(body).get(name)
    if node is None:
        return "entry-missing"
    if not isinstance(node, FunctionNode):
        return "entry-not-function"
    return Found(qualname, node, owner)


def find_functions(tree: ast.Module) -> list[Found]:
    """The functions of the module and the methods of its classes, by line; of one name the last."""
    names: dict[str, None] = {}
    for statement in statements(tree.body):
        if isinstance(statement, FunctionNode):
            names[statement.name] = None
        elif isinstance(statement, ast.ClassDef):
            for member in statements(statement.body):
                if isinstance(member, FunctionNode):
                    names[f"{statement.name}.{member.name}"] = None
    found = [each for each in (find_entry(tree, name) for name in names) if isinstance(each, Found)]
    return sorted(found, key=lambda each: (each.line_start, each.qualname))


@dataclass(frozen=True)
class ModuleText:
    """The text of a module of the image and its path in the library: `json/decoder.py`."""

    text: str
    path: str


def find_module(name: str) -> ModuleText | str:
    """Reads a module's text without importing its packages. Else a reject reason."""
    path: list[str] | None = None
    spec: importlib.machinery.ModuleSpec | None = None
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        if end > 1 and path is None:
            return "module-missing"
        spec = importlib.machinery.PathFinder.find_spec(".".join(parts[:end]), path)
        if spec is None:
            known = end == len(parts) and name in sys.builtin_module_names
            return "entry-not-function" if known else "module-missing"
        locations = spec.submodule_search_locations
        path = None if locations is None else list(locations)
    if spec is None or not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
        return "entry-not-function"
    try:
        with tokenize.open(spec.loader.path) as file:
            text = file.read()
    except (OSError, SyntaxError, UnicodeError):
        return "module-missing"
    suffix = ".py" if path is None else "/__init__.py"
    return ModuleText(text, "/".join(parts) + suffix)
