"""What a failed candidate says about the types that were wanted."""

import re
from collections.abc import Callable

from tracer.synthesis import guesses
from tracer.synthesis.expressions import Value
from tracer.synthesis.guesses import named
from tracer.synthesis.kinds import Bag, Kind, bag
from tracer.synthesis.run import Result

_WANTED: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern), kinds)
    for pattern, kinds in (
        (r"object is not iterable|cannot unpack|must be an iterable", ("list", "tuple")),
        (r"not subscriptable|does not support item assignment", ("list", "dict")),
        (r"is not callable", ("callable",)),
        (r"has no len\(\)", ("list", "str")),
        (r"os\.PathLike", ("pathtext",)),
        (r"bytes-like object|a bytes object is required|must be bytes", ("bytes",)),
        (r"must be real number|must be a number|float is required", ("float", "int")),
        (r"interpreted as an integer|must be (an )?int(eger)?|indices must be integers", ("int",)),
        (r"list indices must be integers|tuple indices must", ("dict",)),
        (r"string indices must be integers", ("dict", "list")),
        (r"sequence item 0: expected str|expected str instance", ("strings",)),
        (
            r"can only concatenate str|must be str|expected string|must be a string|strings",
            ("str",),
        ),
        (r"can only concatenate list", ("list",)),
        (r"can only concatenate tuple", ("tuple",)),
        (r"not supported between instances of|unsupported operand", ("int", "float")),
        (r"unhashable type", ("str", "int", "tuple")),
        (r"expected a character|expected string of length 1|single character", ("char",)),
        (r"must be a type|must be a class|arg 1 must be a class", ("class",)),
        (r"context manager", ("textfile",)),
        (r"not an iterator", ("iter",)),
    )
)
_GOT = re.compile(
    r"not '?\"?(\w+)|'(\w+)' object|of type '(\w+)'"
    r"|instances of '(\w+)' and '(\w+)'|: '(\w+)' and '(\w+)'"
)
_LAMBDA_ARITY = re.compile(
    r"<lambda>\(\) (?:takes (\d+) positional arguments? but (\d+)|missing (\d+))"
)


class Wishes:
    """Kinds of one parameter with weights that change as candidates fail and succeed."""

    def __init__(self, kinds: Bag) -> None:
        self.weights: dict[Kind, float] = dict(kinds.kinds)
        self.attributes: set[str] = set()
        self.rewards: dict[Kind, float] = {}

    def bag(self) -> Bag:
        return Bag(tuple(self.weights.items()))

    def scale(self, kind: Kind | None, factor: float) -> None:
        """Never to nothing: what failed once may be right with other arguments."""
        if kind in self.weights:
            self.weights[kind] = min(60.0, max(0.02, self.weights[kind] * factor))

    def want(self, kind: Kind, weight: float) -> None:
        self.weights[kind] = min(60.0, self.weights.get(kind, 0.0) + weight)

    def best(self) -> float:
        return max(self.weights.values(), default=1.0)


Holder = tuple[Wishes, Kind | None, Value, object]
"""A parameter with the kind that was chosen, the expression and the live value."""


def _holders_of(value: object, holders: list[Holder]) -> list[tuple[Holder, bool]]:
    """The parameters that a value came from; True where it was an element."""
    found: list[tuple[Holder, bool]] = []
    for holder in holders:
        live = holder[3]
        if live is value:
            found.append((holder, False))
        elif any(each is value for each in _elements(live)):
            found.append((holder, True))
    return found


def _elements(live: object) -> list[object]:
    """The first elements of a plain container."""
    if isinstance(live, list | tuple) and type(live) in (list, tuple):
        return list(live[:20])
    if isinstance(live, dict) and type(live) is dict:
        return list(live.values())[:20]
    return []


def _missing_attribute(
    error: AttributeError, holders: list[Holder], classes: Callable[[set[str]], list[str]]
) -> None:
    name, value = error.name, error.obj
    if not isinstance(name, str):
        return
    for (wishes, kind, _, _), is_element in _holders_of(value, holders):
        wishes.scale(kind, 0.4)
        wishes.attributes.add(name)
        names = wishes.attributes
        wanted = [named(each) for each in guesses.with_attributes(names)[:3]]
        wanted += [Kind("instance", data=(each,)) for each in classes(names)[:3]]
        if not wanted or (kind is not None and kind.name == "object"):
            wanted.append(_grown(kind, name, names))
        for each in wanted:
            wishes.want(
                Kind("list", (bag(each),)) if is_element else each, 1.0 + wishes.best() * 0.5
            )


def _grown(kind: Kind | None, name: str, names: set[str]) -> Kind:
    """A namespace with one attribute more."""
    if kind is not None and kind.name == "object":
        return Kind(
            "object", (*kind.parts, bag("str", "int", "none", Kind("method"))), (*kind.data, name)
        )
    known = tuple(sorted(names))
    return Kind("object", tuple(bag("str", "int", "none", Kind("method")) for _ in known), known)


def learn(result: Result, holders: list[Holder], classes: Callable[[set[str]], list[str]]) -> None:
    """Changes the wishes of the parameters that a failure is about."""
    error = result.error
    if isinstance(error, AttributeError):
        _missing_attribute(error, holders, classes)
        return
    text = (
        str(error.args[0])
        if error is not None and error.args and type(error.args[0]) is str
        else ""
    )
    if isinstance(error, KeyError):
        _missing_key(error, holders)
        return
    if isinstance(error, ValueError) and "invalid literal for int" in text:
        for wishes, kind, _, live in holders:
            if type(live) is str:
                wishes.scale(kind, 0.9)
                wishes.want(Kind("digits"), 1.0)
        return
    if not isinstance(error, TypeError) or not text:
        return
    arity = _LAMBDA_ARITY.search(text)
    if arity is not None:
        _other_arity(arity, holders)
        return
    _by_message(text, holders)


def _by_message(text: str, holders: list[Holder]) -> None:
    got = {name for match in _GOT.finditer(text) for name in match.groups() if name}
    wanted: tuple[str, ...] = ()
    for pattern, kinds in _WANTED:
        if pattern.search(text):
            wanted = kinds
            break
    for wishes, kind, _, live in holders:
        name = type(live).__name__
        if name in got or (live is None and "NoneType" in got):
            wishes.scale(kind, 0.5)
            for each in wanted:
                if each == "strings":
                    wishes.want(Kind("list", (bag("str"),)), 2.0)
                elif each != name:
                    wishes.want(named(each), 0.6 + 0.25 * wishes.best())
        elif any(type(each).__name__ in got for each in _elements(live)[:1]):
            wishes.scale(kind, 0.7)
            for each in wanted:
                if each != "strings":
                    wishes.want(Kind("list", (bag(named(each)),)), 0.8)


def _other_arity(arity: re.Match[str], holders: list[Holder]) -> None:
    for wishes, kind, _, live in holders:
        if type(live).__name__ == "function" and kind is not None and kind.name == "callable":
            wishes.scale(kind, 0.6)
            if arity[2] is not None:
                wishes.want(Kind("callable", data=(int(arity[2]),)), 3.0)
            else:
                wishes.want(Kind("callable", data=(0,)), 2.0)


def _missing_key(error: KeyError, holders: list[Holder]) -> None:
    key = error.args[0] if error.args else None
    if type(key) is not str:
        return
    for wishes, kind, _, live in holders:
        if type(live) is not dict:
            continue
        if kind is not None and kind.name == "record":
            if key in kind.data:
                continue
            grown = Kind("record", (*kind.parts, Bag()), (*kind.data, key))
        else:
            grown = Kind("record", (Bag(),), (key,))
        wishes.want(grown, 1.0 + 0.3 * wishes.best())
