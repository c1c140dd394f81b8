"""The function under test in a loaded record: its code, its form, and how it is called."""

import ast
import importlib
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tracer.analysis_find import FunctionNode, last_bindings
from tracer.synthesis.coverage import nested_codes

RECORD = "record"
FILE = "<record>"
Form = Literal["function", "method", "static", "class", "property", "constructor"]


class NoTargetError(Exception):
    """The record does not load, or what it defines is no function that can be called."""


@dataclass
class Record:
    """A loaded text."""

    names: dict[str, object]
    tree: ast.Module
    code: types.CodeType | None

    @property
    def extra(self) -> dict[str, object]:
        """Names beside its own: the package of an imported module."""
        name = self.names.get("__name__")
        top = name.partition(".")[0] if isinstance(name, str) else ""
        return {top: sys.modules[top]} if self.code is None and top in sys.modules else {}


def load_text(source: str, code: types.CodeType | None = None) -> Record:
    """Executes a self-contained text as the module `record`. Raises what the text raises."""
    module = types.ModuleType(RECORD)
    module.__file__ = FILE
    sys.modules[RECORD] = module
    if code is None:
        code = compile(source, FILE, "exec", dont_inherit=True)
    exec(code, module.__dict__)
    return Record(module.__dict__, ast.parse(source), code)


def load_module(name: str, source: str) -> Record:
    """Imports a module of the image; `source` is its text."""
    module = importlib.import_module(name)
    return Record(module.__dict__, ast.parse(source), None)


@dataclass(frozen=True)
class Target:
    """What is called. `owner` is the text of its class, `receiver` whether it wants an instance."""

    node: FunctionNode
    form: Form
    owner: str | None
    owner_node: ast.ClassDef | None
    callee: str
    """Text of what is called; `obj.name` for a method."""
    codes: tuple[types.CodeType, ...]
    wrap: str | None
    """`{}` stands for the call: how a generator or a context manager is made to run."""
    skips_first: bool
    """The first parameter is bound by the call form."""


def _is_generator(node: FunctionNode) -> bool:
    pending: list[ast.AST] = list(node.body)
    while pending:
        each = pending.pop()
        if isinstance(each, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(each, FunctionNode | ast.Lambda | ast.ClassDef):
            pending.extend(ast.iter_child_nodes(each))
    return False


def _decorator_names(node: FunctionNode) -> set[str]:
    texts = (ast.unparse(each).partition("(")[0] for each in node.decorator_list)
    return {text.rpartition(".")[2] for text in texts}


def find_node(tree: ast.Module, qualname: str) -> tuple[FunctionNode, ast.ClassDef | None]:
    body, owner = tree.body, None
    *outer, name = qualname.split(".")
    for part in outer:
        found = last_bindings(body).get(part)
        if not isinstance(found, ast.ClassDef):
            raise NoTargetError("entry-missing")
        body, owner = found.body, found
    node = last_bindings(body).get(name)
    if not isinstance(node, FunctionNode):
        raise NoTargetError("entry-missing")
    return node, owner


def _unwrapped(value: object, seen: set[int]) -> Iterator[types.FunctionType]:
    """Functions inside decorators, descriptors, partials and closures."""
    if id(value) in seen or len(seen) > 60:
        return
    seen.add(id(value))
    if isinstance(value, types.FunctionType):
        yield value
        inner: list[object] = [value.__dict__.get("__wrapped__")]
        for cell in value.__closure__ or ():
            try:
                inner.append(cell.cell_contents)
            except ValueError:
                continue
        for each in inner:
            yield from _unwrapped(each, seen)
        return
    if isinstance(value, type) or value is None:
        return
    for name in ("__func__", "fget", "fset", "fdel", "func", "__wrapped__", "dispatch"):
        try:
            part = object.__getattribute__(value, name)
        except AttributeError:
            continue
        yield from _unwrapped(part, seen)


def _first_line(node: FunctionNode) -> int:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


def codes_in(code: types.CodeType, node: FunctionNode, qualname: str) -> list[types.CodeType]:
    """Codes of a function in that of its module: more than one where its text runs twice."""
    first = _first_line(node)
    return [
        each
        for each in nested_codes(code)
        if each.co_qualname == qualname and each.co_firstlineno == first
    ]


def functions_of(record: Record, node: FunctionNode, qualname: str) -> list[types.FunctionType]:
    """The live functions that a name of an imported module leads to, inside decorators too."""
    first = _first_line(node)
    value: object = None
    names: dict[str, object] | types.MappingProxyType[str, object] = record.names
    for part in qualname.split("."):
        value = names.get(part)
        names = vars(value) if isinstance(value, type) else {}
    functions = _unwrapped(value, set())
    return [each for each in functions if each.__code__.co_firstlineno == first]


def _codes(record: Record, node: FunctionNode, qualname: str) -> tuple[types.CodeType, ...]:
    if record.code is not None:
        return tuple(codes_in(record.code, node, qualname))
    return tuple(each.__code__ for each in functions_of(record, node, qualname))


_GOT = ("fget", "func", "__wrapped__")
# Where the object that a decorator makes of a function keeps it.
_PROPERTIES = {
    "setter": ("fset",),
    "deleter": ("fdel",),
    "property": _GOT,
    "cached_property": _GOT,
    "reify": _GOT,
    "lazy_property": _GOT,
    "abstractproperty": _GOT,
}


def _property_callee(record: Record, owner: str, name: str, parts: tuple[str, ...]) -> str | None:
    cls: object = record.names.get(owner.partition(".")[0])
    for part in owner.split(".")[1:]:
        cls = vars(cls).get(part) if isinstance(cls, type) else None
    member = vars(cls).get(name) if isinstance(cls, type) else None
    for attribute in parts:
        if not isinstance(member, types.FunctionType) and hasattr(member, attribute):
            return f"{owner}.{name}.{attribute}"
    return None


def find_target(record: Record, qualname: str) -> Target:
    """Raises NoTargetError."""
    node, owner_node = find_node(record.tree, qualname)
    codes = _codes(record, node, qualname)
    if not codes:
        raise NoTargetError("code-not-found")
    names = _decorator_names(node)
    wrap = None
    if names & {"contextmanager"}:
        wrap = "{}.__enter__()"
    elif _is_generator(node) and isinstance(node, ast.FunctionDef):
        wrap = "list({})"
    name = node.name
    owner, _, _ = qualname.rpartition(".")
    if not owner:
        return Target(node, "function", None, None, name, codes, wrap, skips_first=False)
    if name in ("__init__", "__new__", "__post_init__"):
        return Target(node, "constructor", owner, owner_node, owner, codes, None, skips_first=True)
    if name.startswith("__") and not name.endswith("__"):
        name = f"_{owner.rpartition('.')[2].lstrip('_')}{name}"
    if "staticmethod" in names:
        return Target(
            node, "static", owner, owner_node, f"{owner}.{name}", codes, wrap, skips_first=False
        )
    if "classmethod" in names or name in ("__init_subclass__", "__class_getitem__"):
        return Target(
            node, "class", owner, owner_node, f"{owner}.{name}", codes, wrap, skips_first=True
        )
    parts = next((parts for each, parts in _PROPERTIES.items() if each in names), None)
    if parts is not None:
        callee = _property_callee(record, owner, name, parts)
        if callee is not None:
            return Target(
                node, "property", owner, owner_node, callee, codes, wrap, skips_first=True
            )
    return Target(node, "method", owner, owner_node, f"obj.{name}", codes, wrap, skips_first=True)
