"""Arguments as expressions: trees that have a text, can be changed, and say what they need."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

_BRACKETS = {"list": ("[", "]"), "set": ("{", "}")}


@dataclass(frozen=True, slots=True)
class Value:
    """One expression.

    `kind` is the constructor: lit (head is the literal's text), list, tuple, set, dict (items are
    keys and values in turn), call (head is the callee; `names` of keyword arguments at the end),
    raw (head is any expression). `tag` names the type that comes out, for what failed on a type.
    """

    kind: str
    head: str
    tag: str
    items: tuple["Value", ...] = ()
    names: tuple[str, ...] = ()
    module: str = ""
    """The module that the head names, to be imported before."""

    @property
    def text(self) -> str:
        """The expression."""
        match self.kind:
            case "lit" | "raw":
                return self.head
            case "dict":
                pairs = zip(self.items[::2], self.items[1::2], strict=True)
                return "{" + ", ".join(f"{key.text}: {value.text}" for key, value in pairs) + "}"
            case "tuple":
                inner = ", ".join(item.text for item in self.items)
                return f"({inner},)" if len(self.items) == 1 else f"({inner})"
            case "set" if not self.items:
                return "set()"
            case "list" | "set":
                opening, closing = _BRACKETS[self.kind]
                return opening + ", ".join(item.text for item in self.items) + closing
        plain = len(self.items) - len(self.names)
        parts = [item.text for item in self.items[:plain]]
        named = zip(self.names, self.items[plain:], strict=True)
        parts += [f"{name}={item.text}" for name, item in named]
        return f"{self.head}({', '.join(parts)})"

    def modules(self) -> Iterator[str]:
        """Modules that the expression names."""
        if self.module:
            yield self.module
        for item in self.items:
            yield from item.modules()

    def size(self) -> int:
        """How many expressions it is made of."""
        return 1 + sum(item.size() for item in self.items)


def literal(value: object) -> Value:
    """Of None, bool, int, float, complex, str or bytes."""
    tag = "None" if value is None else type(value).__name__
    if isinstance(value, float) and not math.isfinite(value):
        return Value("raw", f"float({str(value)!r})", "float")
    if isinstance(value, complex):
        return Value("raw", f"complex({value.real!r}, {value.imag!r})", "complex")
    return Value("lit", repr(value), tag)


_PLAIN = (type(None), bool, int, float, str, bytes, complex)
# Longer than this is no input that a person would give.
ITEMS_MAX = 2_000
TEXT_MAX = 12_000


class NoExpressionError(Exception):
    """A value that no expression of the allowed form makes again."""


def expression_of(value: object, depth: int = 0) -> Value:
    """The expression of a value of plain types, as deep as it goes. Raises NoExpressionError.

    Only exact types count: what code of the program decides, such as the repr of its classes, is
    not asked.
    """
    kind = type(value)
    if kind in _PLAIN:
        if kind in (str, bytes) and len(value) > TEXT_MAX:  # type: ignore[arg-type]
            raise NoExpressionError
        if isinstance(value, int) and value.bit_length() > 4_000:
            raise NoExpressionError
        return literal(value)
    if depth > 20 or kind not in (list, tuple, set, frozenset, dict, range, slice, bytearray):
        raise NoExpressionError
    return _container(value, kind, depth + 1)


def _container(value: object, kind: type, depth: int) -> Value:
    if kind in (range, slice, bytearray):
        text = repr(value)
        if kind is bytearray and len(text) > TEXT_MAX:
            raise NoExpressionError
        return Value("raw", text, kind.__name__)
    if len(value) > ITEMS_MAX:  # type: ignore[arg-type]
        raise NoExpressionError
    if kind is dict:
        items = tuple(
            expression_of(part, depth)
            for pair in value.items()  # type: ignore[attr-defined]
            for part in pair
        )
        return Value("dict", "", "dict", items)
    items = tuple(expression_of(part, depth) for part in value)  # type: ignore[attr-defined]
    if kind in (set, frozenset):
        # The order of a set is that of hashes: the text has one that is its own.
        items = tuple(sorted(items, key=lambda item: (item.tag, item.text)))
    if kind is frozenset:
        inner = (Value("set", "", "set", items),) if items else ()
        return Value("call", "frozenset", "frozenset", inner)
    return Value(kind.__name__, "", kind.__name__, items)
