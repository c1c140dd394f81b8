"""Makes a failing program small: delta debugging over statements and over items of displays."""

import ast
import copy
from collections.abc import Callable, Iterator

TRIES_MAX = 600
_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")
_LISTS = ("elts", "args", "values", "targets", "bases", "decorator_list", "items")

# Where a list lies: the way to its node, and the name of the field.
_Place = tuple[tuple[int, ...], str]


def _nodes(tree: ast.AST) -> list[ast.AST]:
    return list(ast.walk(tree))


def _places(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Lists that may become shorter, outer ones first."""
    for index, node in enumerate(_nodes(tree)):
        for name in (*_BODIES, *_LISTS):
            if isinstance(getattr(node, name, None), list) and getattr(node, name):
                yield index, name


def _text(tree: ast.AST) -> str | None:
    try:
        text = ast.unparse(tree) + "\n"
        compile(text, "<shrink>", "exec")
    except (SyntaxError, ValueError, IndexError):
        return None
    return text


class _Shrinker:
    def __init__(self, source: str, fails: Callable[[str], bool]) -> None:
        self.tree: ast.AST = ast.parse(source)
        self.best = source
        self._fails = fails
        self._tries = 0

    def take(self, tree: ast.AST) -> bool:
        """Whether the smaller program still fails; it is then the one that goes on."""
        text = _text(tree)
        if text is None or text == self.best or self._tries >= TRIES_MAX:
            return False
        self._tries += 1
        if not self._fails(text):
            return False
        self.tree, self.best = ast.parse(text), text
        return True

    def without(self, place: tuple[int, str], start: int, count: int) -> bool:
        tree = copy.deepcopy(self.tree)
        node = _nodes(tree)[place[0]]
        rest = getattr(node, place[1])
        kept = rest[:start] + rest[start + count :]
        if place[1] == "body" and not kept and not isinstance(node, ast.Module):
            kept = [ast.Pass()]
        setattr(node, place[1], kept)
        return self.take(ast.fix_missing_locations(tree))

    def unwrapped(self, place: tuple[int, str], at: int) -> bool:
        """A compound statement in favour of what is in it."""
        tree = copy.deepcopy(self.tree)
        statements = getattr(_nodes(tree)[place[0]], place[1])
        inner = statements[at]
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return False
        bodies = [part for name in _BODIES[:3] for part in getattr(inner, name, None) or []]
        if not bodies:
            return False
        statements[at : at + 1] = bodies
        return self.take(tree)

    def round(self) -> bool:
        """True where something went."""
        before = self.best
        at = 0
        while True:
            places = list(_places(self.tree))
            if at >= len(places) or self._tries >= TRIES_MAX:
                return self.best != before
            self._shorten(places[at])
            at += 1

    def _shorten(self, place: tuple[int, str]) -> None:
        size = len(self._list(place))
        count = max(1, size // 2)
        while count:
            start = 0
            while start < len(self._list(place)):
                if not self.without(place, start, count):
                    start += count
                if not self._has(place):
                    return
            count //= 2
        if place[1] in _BODIES[:3]:
            for at in range(len(self._list(place))):
                if self._has(place) and at < len(self._list(place)) and self.unwrapped(place, at):
                    return

    def _has(self, place: tuple[int, str]) -> bool:
        nodes = _nodes(self.tree)
        return place[0] < len(nodes) and isinstance(getattr(nodes[place[0]], place[1], None), list)

    def _list(self, place: tuple[int, str]) -> list[ast.AST]:
        found = getattr(_nodes(self.tree)[place[0]], place[1], [])
        return found if isinstance(found, list) else []


def shrink(source: str, fails: Callable[[str], bool]) -> str:
    """A program that fails like `source`, from which no statement can be taken any more."""
    shrinker = _Shrinker(source, fails)
    while shrinker.round():
        pass
    return shrinker.best
