"""Kinds of values that a parameter may want, and the expressions of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from tracer.synthesis.expressions import Value, literal

DEPTH_MAX = 4


@dataclass(frozen=True)
class Kind:
    """One kind: `parts` are bags of what is inside, `data` what the name leaves open."""

    name: str
    parts: tuple["Bag", ...] = ()
    data: tuple[object, ...] = ()


@dataclass(frozen=True)
class Bag:
    """Kinds with weights; the first is the best guess. Empty means that nothing is known."""

    kinds: tuple[tuple[Kind, float], ...] = ()

    @property
    def best(self) -> Kind | None:
        return max(self.kinds, key=lambda pair: pair[1])[0] if self.kinds else None


def bag(*kinds: Kind | str) -> Bag:
    """Of equal weights."""
    named = (Kind(each) if isinstance(each, str) else each for each in kinds)
    return Bag(tuple((each, 1.0) for each in named))


NUMBERS = bag("int", "float")
ANYTHING = Bag(
    tuple(
        (Kind(name), weight)
        for name, weight in (
            ("int", 3.0), ("str", 3.0), ("list", 2.0), ("dict", 1.0), ("float", 1.0),
            ("none", 0.5), ("tuple", 0.7), ("bool", 0.5), ("bytes", 0.4), ("callable", 0.3),
            ("object", 0.3),
        )
    )
)  # fmt: skip


@dataclass
class Words:
    """Values that the text of the function and its module hold."""

    ints: list[int]
    floats: list[float]
    strings: list[str]
    bytes: list[bytes]


_INTS = (0, 1, 2, 3, 5, -1, 4, 7, 10, 12, 8, -2, 16, 100, 255, 64, 1000, -7)
_FLOATS = (0.5, 1.0, 2.5, 0.0, -1.5, 3.14, 10.0, 0.1, 1e-3, 100.25, -0.25, 1e6)
_STRINGS = (
    "abc", "a", "", "hello world", "Hello", "1", "x,y", "foo_bar", "a b c", "ABC", "12", " padded ",
    "line one\nline two\n", "key=value", "été", "aabbcc", "3.5", "foo.bar", "(a)", "tab\there",
    "-", "Ab1", "a-b", "%s", "<b>bold</b>", "/usr/lib", "one two  three",
)  # fmt: skip
_BYTES = (b"abc", b"", b"\x00\x01\x02\x03", b"hello world", b"a\nb\n", b"\xff\xfe\x00A", b"12")
_NAMES = ("alpha", "beta", "gamma", "a", "b", "x", "name", "key", "value", "item")
_LAMBDAS = (
    ("lambda: 1", "lambda: None", "lambda: 'a'"),
    ("lambda x: x", "lambda x: True", "lambda x: None", "lambda x: False", "len", "str"),
    ("lambda x, y: x", "lambda x, y: (x > y) - (x < y)", "lambda x, y: y", "lambda x, y: x + y"),
    ("lambda x, y, z: x", "lambda x, y, z: z"),
)


class Maker:
    """Makes values of kinds. Every choice is taken from `chance`, so a seed decides them all."""

    def __init__(self, chance: Random, words: Words) -> None:
        self.chance = chance
        self.words = words
        self.instances: dict[str, Callable[[int], Value | None]] = {}

    def of_bag(self, kinds: Bag, depth: int = 0) -> Value:
        """By weight."""
        pairs = kinds.kinds or ANYTHING.kinds
        total = sum(weight for _, weight in pairs)
        at = self.chance.random() * total
        for kind, weight in pairs:
            at -= weight
            if at < 0:
                return self.of_kind(kind, depth)
        return self.of_kind(pairs[-1][0], depth)

    def of_kind(self, kind: Kind, depth: int = 0) -> Value:
        """A random value; None where no such value is known."""
        make = getattr(self, f"_{kind.name}", None)
        value: Value | None = make(kind, depth) if make is not None else None
        return literal(None) if value is None else value

    def pick(self, fixed: Sequence[object], own: Sequence[object], share: float = 0.4) -> object:
        """From the text's own words or from a table, whose first entries are the likeliest."""
        if own and self.chance.random() < share:
            return self.chance.choice(own)
        at = min(self.chance.random(), self.chance.random())
        return fixed[int(at * len(fixed))]

    def _none(self, _kind: Kind, _depth: int) -> Value:
        return literal(None)

    def _bool(self, _kind: Kind, _depth: int) -> Value:
        return literal(self.chance.random() < 0.5)

    def _int(self, _kind: Kind, _depth: int) -> Value:
        if self.chance.random() < 0.15:
            return literal(self.chance.randrange(-50, 400))
        return literal(self.pick(_INTS, self.words.ints))

    def _count(self, _kind: Kind, _depth: int) -> Value:
        small = [each for each in self.words.ints if 0 <= each <= 64]
        return literal(self.pick((3, 1, 2, 0, 4, 5, 8, 10), small, 0.2))

    def _float(self, _kind: Kind, _depth: int) -> Value:
        if self.chance.random() < 0.04:
            return literal(float(self.chance.choice(("nan", "inf", "-inf"))))
        return literal(self.pick(_FLOATS, self.words.floats))

    def _complex(self, _kind: Kind, _depth: int) -> Value:
        return literal(complex(self.chance.randrange(-3, 4), self.chance.randrange(-3, 4)))

    def _str(self, _kind: Kind, _depth: int) -> Value:
        roll = self.chance.random()
        if roll < 0.08 and self.words.strings:
            two = [str(self.chance.choice(self.words.strings)) for _ in range(2)]
            return literal(self.chance.choice(("", " ", ",", "\n")).join(two)[:200])
        if roll < 0.14:
            length = self.chance.randrange(1, 13)
            return literal(
                "".join(self.chance.choice("abcxyzAB019 _-.,:;()[]{}\n") for _ in range(length))
            )
        return literal(self.pick(_STRINGS, self.words.strings))

    def _char(self, _kind: Kind, _depth: int) -> Value:
        own = [each for each in self.words.strings if len(each) == 1]
        return literal(self.pick(("a", "Z", "0", " ", "-", "\n", "é", "_"), own))

    def _name(self, _kind: Kind, _depth: int) -> Value:
        own = [each for each in self.words.strings if each.isidentifier()]
        return literal(self.pick(_NAMES, own))

    def _digits(self, _kind: Kind, _depth: int) -> Value:
        return literal(str(self.pick(_INTS, self.words.ints)))

    def _bytes(self, _kind: Kind, _depth: int) -> Value:
        return literal(self.pick(_BYTES, self.words.bytes))

    def _bytearray(self, _kind: Kind, _depth: int) -> Value:
        return Value(
            "call", "bytearray", "bytearray", (literal(self.pick(_BYTES, self.words.bytes)),)
        )

    def _size(self) -> int:
        return self.chance.choice((3, 2, 1, 0, 4, 3, 2, 6))

    def _parts(self, kind: Kind, depth: int, count: int) -> tuple[Value, ...]:
        inside = kind.parts[0] if kind.parts else Bag()
        if depth >= DEPTH_MAX:
            return ()
        if not inside.kinds:
            # Elements of nothing that is known: of one type each time.
            guess = bag(self.chance.choice(("int", "str", "int", "str", "tuple", "float", "list")))
            inside = guess if depth < 2 else bag("int")
        elif self.chance.random() < 0.8:
            pairs = inside.kinds
            inside = Bag((self.chance.choices(pairs, [weight for _, weight in pairs])[0],))
        return tuple(self.of_bag(inside, depth + 1) for _ in range(count))

    def _list(self, kind: Kind, depth: int) -> Value:
        least = int(str(kind.data[0])) if kind.data else 0
        return Value("list", "", "list", self._parts(kind, depth, max(least, self._size())))

    def _tuple(self, kind: Kind, depth: int) -> Value:
        if len(kind.parts) > 1 or kind.data:
            items = tuple(self.of_bag(part, depth + 1) for part in kind.parts)
            return Value("tuple", "", "tuple", items)
        return Value("tuple", "", "tuple", self._parts(kind, depth, self._size()))

    def _hashable(self, kind: Kind, depth: int) -> tuple[Value, ...]:
        inside = kind.parts[0] if kind.parts else Bag()
        kept = tuple(pair for pair in inside.kinds if pair[0].name not in ("list", "dict", "set"))
        kinds = Bag(kept or bag(self.chance.choice(("int", "str"))).kinds)
        found = {
            each.text: each for each in self._parts(Kind("set", (kinds,)), depth, self._size())
        }
        return tuple(found.values())

    def _set(self, kind: Kind, depth: int) -> Value:
        return Value("set", "", "set", self._hashable(kind, depth))

    def _frozenset(self, kind: Kind, depth: int) -> Value:
        inner = Value("set", "", "set", self._hashable(kind, depth))
        return Value("call", "frozenset", "frozenset", (inner,))

    def _dict(self, kind: Kind, depth: int) -> Value:
        keys = self._hashable(Kind("set", kind.parts[:1] or (bag("name"),)), depth)
        inside = Kind("list", kind.parts[1:2])
        values = self._parts(inside, depth, len(keys))
        pairs = zip(keys, values, strict=False)
        return Value("dict", "", "dict", tuple(part for pair in pairs for part in pair))

    def _record(self, kind: Kind, depth: int) -> Value:
        """A dict with known keys: `data` are the keys, `parts` what stands under each."""
        items: list[Value] = []
        for key, inside in zip(kind.data, kind.parts, strict=True):
            if self.chance.random() < 0.85:
                items += [literal(key), self.of_bag(inside, depth + 1)]
        return Value("dict", "", "dict", tuple(items))

    def _mapping(self, kind: Kind, depth: int) -> Value:
        return self._dict(kind, depth)

    def _iter(self, kind: Kind, depth: int) -> Value:
        return Value("call", "iter", "iterator", (self._list(kind, depth),))

    def _range(self, _kind: Kind, _depth: int) -> Value:
        return Value("raw", f"range({self.chance.randrange(0, 9)})", "range")

    def _slice(self, _kind: Kind, _depth: int) -> Value:
        return Value(
            "raw", self.chance.choice(("slice(1, 3)", "slice(None)", "slice(0, 2, 1)")), "slice"
        )

    def _callable(self, kind: Kind, _depth: int) -> Value:
        count = int(str(kind.data[0])) if kind.data else self.chance.choice((1, 1, 0, 2))
        if count >= len(_LAMBDAS):
            return Value("raw", self.chance.choice(("lambda *a: a", "lambda *a: None")), "function")
        text = self.chance.choice(_LAMBDAS[count] + (("lambda *a, **k: None",) if count else ()))
        return Value("raw", text, "function")

    def _class(self, kind: Kind, _depth: int) -> Value:
        own = [str(each) for each in kind.data]
        return Value("raw", self.chance.choice(own or ["int", "str", "dict", "ValueError"]), "type")

    def _exception(self, _kind: Kind, _depth: int) -> Value:
        return Value(
            "raw",
            self.chance.choice(("ValueError('bad')", "KeyError('k')", "OSError(2, 'no')")),
            "ValueError",
        )

    def _literal(self, kind: Kind, _depth: int) -> Value:
        return literal(self.chance.choice(kind.data))

    def _text(self, kind: Kind, _depth: int) -> Value:
        """One of some expressions; each of `data` is (module, expression, tag)."""
        found = self.chance.choice(kind.data)
        assert isinstance(found, tuple)
        module, head, tag = found
        return Value("raw", str(head), str(tag), module=str(module))

    def _textfile(self, kind: Kind, depth: int) -> Value:
        return Value("call", "io.StringIO", "StringIO", (self._str(kind, depth),), module="io")

    def _binaryfile(self, kind: Kind, depth: int) -> Value:
        return Value("call", "io.BytesIO", "BytesIO", (self._bytes(kind, depth),), module="io")

    def _object(self, kind: Kind, depth: int) -> Value:
        """A namespace with the attributes that are used; `data` are the names."""
        items = tuple(
            self.of_bag(part, depth + 1) if depth < DEPTH_MAX else literal(None)
            for part in kind.parts
        )
        names = tuple(str(each) for each in kind.data)
        if not names:
            return Value("raw", "object()", "object")
        head = "types.SimpleNamespace"
        return Value("call", head, "SimpleNamespace", items, names, module="types")

    def _method(self, kind: Kind, depth: int) -> Value:
        """What stands for a method of a namespace."""
        inner = self.of_bag(kind.parts[0] if kind.parts else bag("none", "int", "str"), depth + 1)
        return Value(
            "raw", f"lambda *a, **k: {inner.text}", "function", module=next(inner.modules(), "")
        )

    def _instance(self, kind: Kind, depth: int) -> Value | None:
        """An instance of a class that the record knows; `data` holds its name."""
        make = self.instances.get(str(kind.data[0]))
        return make(depth) if make is not None and depth < DEPTH_MAX else None
