"""The part of a module that one function needs, as a text of its own. Nothing is executed."""

import ast
import builtins
import copy
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from tracer.analysis_find import FunctionNode
from tracer.synthesis.images import can_import
from tracer.synthesis.units import Unit, future_line, globals_of, units_of

_BUILTINS = frozenset(dir(builtins))
# What every module has once it is loaded.
_MODULE_NAMES = frozenset({"__name__", "__doc__", "__builtins__", "__file__", "__annotations__"})
# What only the imported original has: its place in a package.
_PLACE_NAMES = frozenset({"__path__", "__spec__", "__package__", "__loader__", "__cached__"})


class SliceError(Exception):
    """There is no such slice; `reason` is from the list of src/contract/outcome.ts."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Slice:
    """A self-contained text. Lines of the function are those in `text`."""

    text: str
    entry: str
    line_start: int
    line_end: int


def _is_tolerant(node: ast.AST) -> bool:
    """A block whose imports may fail: the code itself has an answer to that."""
    match node:
        case ast.Try(handlers=handlers):
            return bool(handlers)
        case ast.If(test=test):
            return "TYPE_CHECKING" in ast.unparse(test)
    return False


def needed_imports(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports at any depth that must succeed when their statement runs."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node
    for child in ast.iter_child_nodes(node):
        if not _is_tolerant(child):
            yield from needed_imports(child)


def _imports_in(node: ast.stmt) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports of a block that runs as the module loads, those that may fail too."""
    if isinstance(node, ast.Try):
        yield from (each for each in node.body if isinstance(each, ast.Import | ast.ImportFrom))


def _is_there(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.Import):
        return all(can_import(each.name) for each in node.names)
    return node.level == 0 and node.module is not None and can_import(node.module)


@dataclass
class Slicer:
    """All slices of one module's text."""

    text: str
    tree: ast.Module
    package: str | None
    """Top-level package of the module where it is known, which a slice does not lean on."""

    def __post_init__(self) -> None:
        self._lines = self.text.split("\n")
        self._units = units_of(self.text, self.tree)
        self._future = future_line(self.tree)
        self._stars = [index for index, unit in enumerate(self._units) if "*" in unit.binds]
        self._imported = frozenset(
            name
            for unit in self._units
            if isinstance(unit.node, ast.Import | ast.ImportFrom)
            for name in unit.binds
        )
        self._by_name = self._index()
        self._set_by_global = frozenset(
            name
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Global)
            for name in node.names
        )
        # All methods of a class have one slice.
        self._made: dict[str, tuple[str, dict[int, int]] | SliceError] = {}

    def _index(self) -> dict[str, list[int]]:
        """The units that give a name its value or change it."""
        by_name: dict[str, list[int]] = {}
        for index, unit in enumerate(self._units):
            for name in unit.binds | (unit.changes - self._imported):
                by_name.setdefault(name, []).append(index)
        return by_name

    def of_top(self, qualname: str, node: FunctionNode) -> Slice:
        """Of a function of the module or a method of its classes. Raises SliceError."""
        name = qualname.partition(".")[0]
        text, starts = self._of_name(name)
        shift = self._place(starts, node)
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        return Slice(text, qualname, first + shift, (node.end_lineno or node.lineno) + shift)

    def _of_name(self, name: str) -> tuple[str, dict[int, int]]:
        made = self._made.get(name)
        if made is None:
            try:
                made = self._assemble({name}, None)
            except SliceError as error:
                made = error
            self._made[name] = made
        if isinstance(made, SliceError):
            raise SliceError(made.reason)
        return made

    def of_nested(self, node: FunctionNode) -> Slice:
        """Of a function inside another one that reads nothing of it. Raises SliceError."""
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        last = node.end_lineno or node.lineno
        lines = self._lines[first - 1 : last]
        if any(isinstance(each, ast.Nonlocal) for each in ast.walk(node)):
            raise SliceError("nested-closure")
        body = textwrap.dedent("\n".join(lines))
        needs = globals_of(body, self._future)
        if needs is None or body[:1].isspace():
            raise SliceError("nested-closure")
        try:
            head, _ = self._assemble(set(needs) - {node.name}, body)
        except SliceError as error:
            # What the module does not bind is a variable of the function around it.
            reason = "nested-closure" if error.reason == "name-unbound" else error.reason
            raise SliceError(reason) from None
        count = head.count("\n") - body.count("\n")
        return Slice(head, node.name, count, count + last - first)

    def _assemble(self, wanted: set[str], body: str | None) -> tuple[str, dict[int, int]]:
        """The text, and for each unit's first line its line in the text."""
        chosen, needed = self._close(wanted)
        self._check(chosen, needed)
        parts: list[str] = [self._future] if self._future else []
        starts: dict[int, int] = {}
        line = len(parts) + 1
        previous: Unit | None = None
        for unit in chosen:
            text = self._text_of(unit, needed)
            if text is None:
                continue
            gap = self._gap(previous, unit) if parts else 0
            parts.extend([""] * gap)
            line += gap
            starts[unit.line_start] = line
            parts.append(text)
            line += text.count("\n") + 1
            previous = unit
        if body is not None:
            parts.extend(["", "", body] if parts else [body])
        return "\n".join(parts) + "\n", starts

    def _gap(self, previous: Unit | None, unit: Unit) -> int:
        if isinstance(unit.node, FunctionNode | ast.ClassDef):
            return 2
        is_after = previous is None or isinstance(previous.node, FunctionNode | ast.ClassDef)
        return 2 if is_after and previous is not None else 0

    def _place(self, starts: dict[int, int], node: FunctionNode) -> int:
        """How far the lines of a function moved."""
        start = max(each for each in starts if each <= node.lineno)
        return starts[start] - start

    def _close(self, wanted: set[str]) -> tuple[list[Unit], set[str]]:
        needed = set(wanted)
        chosen: set[int] = set()
        waiting = list(wanted)
        while waiting:
            for index in self._by_name.get(waiting.pop(), []):
                if index in chosen:
                    continue
                chosen.add(index)
                unit = self._units[index]
                if not isinstance(unit.node, ast.Import | ast.ImportFrom):
                    waiting.extend(unit.needs - needed)
                    needed |= unit.needs
        units = [self._units[index] for index in sorted(chosen)]
        if self._stars and self._unbound(units, needed):
            chosen.update(self._stars)
            units = [self._units[index] for index in sorted(chosen)]
        return units, needed

    def _unbound(self, units: list[Unit], needed: set[str]) -> set[str]:
        bound = frozenset[str]().union(*(unit.binds for unit in units))
        return needed - bound - _BUILTINS - _MODULE_NAMES

    def _check(self, units: list[Unit], needed: set[str]) -> None:
        unbound = self._unbound(units, needed)
        if unbound & _PLACE_NAMES:
            raise SliceError("needs-package")
        has_star = any("*" in unit.binds for unit in units)
        if unbound - self._set_by_global and not has_star:
            raise SliceError("name-unbound")
        for unit in units:
            for node in self._imports_of(unit, needed):
                if not _is_there(node) or self._is_own(node):
                    raise SliceError("needs-package")

            # Its own package is there, and gives another answer than the one for its absence.
            if any(self._is_near(node) for node in _imports_in(unit.node)):
                raise SliceError("needs-package")

    def _is_near(self, node: ast.Import | ast.ImportFrom) -> bool:
        is_relative = isinstance(node, ast.ImportFrom) and node.level > 0
        return self.package is not None and (is_relative or self._is_own(node))

    def _is_own(self, node: ast.Import | ast.ImportFrom) -> bool:
        if self.package is None:
            return False
        if isinstance(node, ast.ImportFrom):
            return (node.module or "").partition(".")[0] == self.package
        return any(each.name.partition(".")[0] == self.package for each in node.names)

    def _imports_of(self, unit: Unit, needed: set[str]) -> Iterator[ast.Import | ast.ImportFrom]:
        if isinstance(unit.node, ast.Import | ast.ImportFrom):
            pruned = _pruned(unit.node, needed)
            if pruned is not None:
                yield pruned
        elif not _is_tolerant(unit.node):
            yield from needed_imports(unit.node)

    def _text_of(self, unit: Unit, needed: set[str]) -> str | None:
        node = unit.node
        if isinstance(node, ast.Import | ast.ImportFrom):
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                return None
            pruned = _pruned(node, needed)
            return None if pruned is None else ast.unparse(pruned)
        last = self._lines[unit.line_end - 1].encode()
        is_alone = node.col_offset == 0 and not last[node.end_col_offset or 0 :].strip(b" \t")
        if not is_alone and not _ends_in_comment(last, node):
            return ast.get_source_segment(self.text, node) or ast.unparse(node)
        return "\n".join(self._lines[unit.line_start - 1 : unit.line_end])


def _ends_in_comment(line: bytes, node: ast.stmt) -> bool:
    rest = line[node.end_col_offset or 0 :].strip()
    return node.col_offset == 0 and rest.startswith(b"#")


def _pruned(
    node: ast.Import | ast.ImportFrom, needed: set[str]
) -> ast.Import | ast.ImportFrom | None:
    """The import of what is needed only."""
    names = [
        each
        for each in node.names
        if each.name == "*" or (each.asname or each.name.partition(".")[0]) in needed
    ]
    if not names:
        return None
    pruned = copy.copy(node)
    pruned.names = names
    return pruned
