"""From uses, annotations, defaults, names and docstrings to the kinds of each parameter."""

import ast
import types
from dataclasses import dataclass, field

from tracer.analysis_find import FunctionNode
from tracer.synthesis import guesses
from tracer.synthesis.callees import CALLEES
from tracer.synthesis.expressions import NoExpressionError, expression_of
from tracer.synthesis.guesses import named
from tracer.synthesis.kinds import NUMBERS, Bag, Kind, bag
from tracer.synthesis.names import of_name
from tracer.synthesis.use import DEPTH_MAX, Use
from tracer.synthesis.uses import all_args, uses_of

FOLLOWED_MAX = 3

_SIZED = bag("list", "str", "tuple")


def _named_bag(name: str) -> Bag:
    match name:
        case "sized":
            return _SIZED
        case "numbers":
            return bag(Kind("list", (NUMBERS,)))
        case "strings":
            return bag(Kind("list", (bag("str"),)))
        case "byteslist":
            return bag(Kind("list", (bag("bytes"),)))
    return bag(named(name))


@dataclass
class Knowledge:
    """What inference may look at: the names of the loaded record and its definitions."""

    names: dict[str, object]
    functions: dict[str, FunctionNode]
    """Module-level functions, and methods by their bare name."""
    followed: dict[tuple[str, int], dict[str, Bag]] = field(default_factory=dict)

    def is_class(self, text: str) -> bool:
        """Whether a text names a class of the record that is no well-known type."""
        found = self.lookup(text)
        if not isinstance(found, type) or found.__module__ in (
            "builtins",
            "typing",
            "collections.abc",
        ):
            return False
        return text.rpartition(".")[2] not in guesses._ANNOTATIONS

    def lookup(self, text: str) -> object:
        """The value that a plain or dotted name has in the record; None where there is none."""
        first, *rest = text.split(".")
        found = self.names.get(first)
        for part in rest:
            if not isinstance(found, types.ModuleType | type):
                return None
            found = vars(found).get(part)
        return found


class Inference:
    """Kinds of the parameters of one function."""

    def __init__(self, knowledge: Knowledge, depth: int = 0) -> None:
        self._knows = knowledge
        self._depth = depth

    def of_function(self, node: FunctionNode, owner_doc: str | None = None) -> dict[str, Bag]:
        """By parameter, `self` and `cls` too."""
        uses = uses_of(node)
        documented = guesses.of_docstring(
            ast.get_docstring(node) or owner_doc, self._knows.is_class
        )
        defaults = _defaults(node)
        found: dict[str, Bag] = {}
        for arg in all_args(node):
            annotated = guesses.of_annotation(arg.annotation, self._knows.is_class)
            weights = _Weights()
            weights.add(annotated, 8.0)
            weights.add(documented.get(arg.arg, Bag()), 3.0)
            self._by_use(uses[arg.arg], weights, arg.arg)
            self._by_default(defaults.get(arg.arg), weights)
            found[arg.arg] = weights.bag()
        return found

    def _by_default(self, node: ast.expr | None, weights: "_Weights") -> None:
        if node is None:
            return
        if isinstance(node, ast.Constant):
            value = node.value
            if value is None:
                weights.put(Kind("none"), 0.4)
            elif value is not ...:
                weights.put(Kind(type(value).__name__), 4.0)
                weights.put(Kind("literal", data=(value,)), 0.6)
            return
        known: object
        try:
            known = ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError):
            known = self._knows.lookup(ast.unparse(node))
            if isinstance(known, type | types.FunctionType | types.BuiltinFunctionType):
                kind = "class" if isinstance(known, type) else "callable"
                weights.put(Kind(kind), 2.0)
                return
            weights.put(Kind("text", data=(("", ast.unparse(node), "default"),)), 0.3)
        if known is not None:
            weights.put(Kind(type(known).__name__), 2.0)

    def _by_use(self, use: Use, weights: "_Weights", name: str | None) -> None:
        self._by_types(use, weights)
        self._by_attributes(use, weights, name)
        self._by_marks(use, weights)
        self._by_literals(use, weights)
        self._by_calls(use, weights)
        suggested = of_name(name) if name is not None else None
        if suggested is not None:
            share = 1.2 if weights.total else 3.0
            kind = named(suggested)
            if suggested in ("list", "dict", "set"):
                kind = self._container(suggested, use)
            weights.put(kind, share)
            if suggested == "int" and not weights.total > share and use.is_empty:
                weights.put(Kind("str"), 0.3)

    def _container(self, name: str, use: Use) -> Kind:
        """A kind with what is known of its elements."""
        if name in ("dict", "mapping"):
            if use.items and all(isinstance(key, str | bytes) for key in use.items):
                keys = tuple(use.items)
                return Kind("record", tuple(self._part(use.items[key]) for key in keys), keys)
            key, value = use.attributes.get("<key>") or use.element, use.attributes.get("<value>")
            of_key = self._part(key) if key else Bag()
            of_value = self._part(value) if value else Bag()
            return Kind("dict", (of_key if of_key.kinds else bag("name"), of_value))
        positions = [key for key in use.items if isinstance(key, int)]
        if positions and name in ("tuple", "list"):
            count = max(positions) + 1
            inside = tuple(self._part(use.items.get(at, Use())) for at in range(count))
            return Kind("tuple", inside, ("fixed",))
        reach = use.marks.get("reach", 0)
        element = self._part(use.element) if use.element is not None else Bag()
        return Kind(name, (element,), (reach,) if reach and name == "list" else ())

    def _part(self, use: Use) -> Bag:
        if use.depth > DEPTH_MAX or use.is_empty:
            return Bag()
        weights = _Weights()
        self._by_use(use, weights, None)
        return weights.bag()

    def _by_types(self, use: Use, weights: "_Weights") -> None:
        for text in use.types:
            found = guesses.of_annotation(ast.parse(text, mode="eval").body, self._knows.is_class)
            for kind, _ in found.kinds:
                plain = kind.name if kind.name in ("list", "dict", "tuple", "set") else None
                weights.put(self._container(plain, use) if plain else kind, 2.0)

    def _by_attributes(self, use: Use, weights: "_Weights", name: str | None) -> None:
        names = {*use.attributes, *use.methods} - {"<key>", "<value>"}
        names = {each for each in names if not (each.startswith("__") and each.endswith("__"))}
        if not names:
            return
        matching = guesses.with_attributes(names)
        for at, each in enumerate(matching[:5]):
            kind = (
                self._container(each, use)
                if each in ("list", "dict", "set", "tuple")
                else named(each)
            )
            weights.put(kind, 5.0 / (1 + at))
        for class_name in self._classes_with(names):
            weights.put(Kind("instance", data=(class_name,)), 5.0)
        if not matching:
            partial = self._nearest(names)
            if partial is not None:
                weights.put(named(partial), 1.0)
            weights.put(self._object(use), 3.0)

    def _nearest(self, names: set[str]) -> str | None:
        """A well-known type that has most of the attributes."""
        counts = {kind: len(names & known) for kind, known in guesses._attributes().items()}
        best = max(counts, key=lambda kind: counts[kind])
        return best if counts[best] * 2 >= len(names) and counts[best] > 0 else None

    def _classes_with(self, names: set[str]) -> list[str]:
        found = []
        for name, value in self._knows.names.items():
            if isinstance(value, type) and self._knows.is_class(name):
                known = {*dir(value), *_assigned(value)}
                if names <= known:
                    found.append(name)
        return found[:4]

    def _object(self, use: Use) -> Kind:
        names: list[str] = []
        parts: list[Bag] = []
        wanted = [*use.attributes, *(each for each in use.methods if each not in use.attributes)]
        for name in wanted:
            if name in ("<key>", "<value>") or not name.isidentifier():
                continue
            names.append(name)
            if name in use.methods:
                parts.append(bag(Kind("method")))
            else:
                weights = _Weights()
                self._by_use(use.attributes[name], weights, name)
                parts.append(weights.bag())
        return Kind("object", tuple(parts), tuple(names))

    def _by_marks(self, use: Use, weights: "_Weights") -> None:
        marks = use.marks
        if "called" in marks:
            weights.put(Kind("callable", data=(marks.get("arity", 0),)), 6.0)
        if "number" in marks:
            weights.put(Kind("int"), 3.0)
            weights.put(Kind("float"), 1.5)
        if "bits" in marks or "count" in marks:
            weights.put(Kind("count" if "count" in marks else "int"), 4.0)
        for type_name in ("str", "int", "float", "bytes", "list"):
            if f"with-{type_name}" in marks:
                weights.put(Kind(type_name), 4.0)
        if "add" in marks and not weights.total:
            weights.add(Bag(((Kind("int"), 2.0), (Kind("str"), 1.0), (Kind("list"), 1.0))), 1.0)
        if (
            use.items and all(isinstance(key, str | bytes) for key in use.items)
        ) or "mapping" in marks:
            weights.put(self._container("dict", use), 5.0)
        elif "unpacked" in marks:
            weights.put(self._container("tuple", use), 4.0)
        elif "iterate" in marks or "int-index" in marks or "slice" in marks or "index" in marks:
            self._as_sequence(use, weights)
        if "contains" in marks and not weights.total:
            weights.put(self._container("list", use), 2.0)
            weights.put(Kind("str"), 1.5)
        if "class" in marks:
            weights.put(Kind("class"), 3.0)
        if "with" in marks:
            weights.put(named("textfile"), 2.0)
        if "order" in marks and not weights.total:
            weights.add(bag("int", "float", "str"), 1.0)
        if "shown" in marks and not weights.total:
            weights.add(bag("str", "int"), 1.0)
        if "truth" in marks and not weights.total:
            weights.add(
                Bag(
                    (
                        (Kind("bool"), 2.0),
                        (Kind("str"), 0.7),
                        (Kind("list"), 0.7),
                        (Kind("none"), 0.5),
                    )
                ),
                1.0,
            )

    def _as_sequence(self, use: Use, weights: "_Weights") -> None:
        element = self._part(use.element) if use.element is not None else Bag()
        weights.put(self._container("list", use), 3.0)
        inner = {kind.name for kind, _ in element.kinds}
        if not inner or inner & {"str", "char", "digits"}:
            weights.put(Kind("str"), 2.0 if "slice" in use.marks or not inner else 1.0)
        if not inner or inner & {"int", "count"}:
            weights.put(Kind("bytes"), 0.5)
        if "index" in use.marks and "slice" not in use.marks:
            weights.put(self._container("dict", use), 0.8)
        weights.put(Kind("tuple", (element,)), 0.4)

    def _by_literals(self, use: Use, weights: "_Weights") -> None:
        plain = [
            each for each in use.literals if isinstance(each, str | int | float | bytes | bool)
        ]
        if plain:
            distinct = tuple(dict.fromkeys(plain))
            weights.put(Kind("literal", data=distinct), 2.0)
            for name in dict.fromkeys(type(each).__name__ for each in plain):
                weights.put(Kind(name), 2.0)
        if any(each is None for each in use.literals):
            weights.put(Kind("none"), 0.5)
        for text in use.tables:
            found = self._knows.lookup(text)
            if isinstance(found, dict | set | frozenset | list | tuple):
                keys = [
                    key for key in list(found)[:200] if isinstance(key, str | int | bytes | float)
                ]
                if keys:
                    weights.put(Kind("literal", data=tuple(keys)), 4.0)

    def _by_calls(self, use: Use, weights: "_Weights") -> None:
        for callee, at in use.passed:
            short = callee.rpartition(".")[2]
            wants = CALLEES.get(callee) or CALLEES.get(short)
            node = self._knows.functions.get(short)
            if node is not None and self._depth < FOLLOWED_MAX:
                known = self._followed(short, node)
                weights.add(known.get(_parameter(node, at, "." in callee) or "", Bag()), 1.0)
                continue
            found = self._knows.lookup(callee)
            if wants is None and isinstance(found, type) and isinstance(at, int) and at == 0:
                wants = CALLEES.get(found.__name__)
            for name in (wants or {}).get(at, (wants or {}).get("*", ())):
                if name in ("list", "dict", "set", "sized"):
                    weights.put(self._container("list" if name == "sized" else name, use), 2.0)
                    if name in ("sized", "list"):
                        weights.put(Kind("str"), 0.8)
                else:
                    weights.add(_named_bag(name), 2.5)

    def _followed(self, name: str, node: FunctionNode) -> dict[str, Bag]:
        key = (name, self._depth)
        known = self._knows.followed.get(key)
        if known is None:
            self._knows.followed[key] = {}
            known = Inference(self._knows, self._depth + 1).of_function(node)
            self._knows.followed[key] = known
        return known


def _parameter(node: FunctionNode, at: int | str, is_method: bool) -> str | None:
    if isinstance(at, str):
        return at
    names = [each.arg for each in [*node.args.posonlyargs, *node.args.args]]
    shift = 1 if is_method and names and names[0] in ("self", "cls") else 0
    return names[at + shift] if at + shift < len(names) else None


def _assigned(kind: type) -> set[str]:
    """Attributes that the methods of a class give their instances."""
    found: set[str] = set()
    for base in kind.__mro__[:-1]:
        for member in vars(base).values():
            if isinstance(member, types.FunctionType):
                found.update(member.__code__.co_names)
    return found


def _defaults(node: FunctionNode) -> dict[str, ast.expr]:
    spec = node.args
    plain = [*spec.posonlyargs, *spec.args]
    found = dict(
        zip(
            (each.arg for each in plain[len(plain) - len(spec.defaults) :]),
            spec.defaults,
            strict=True,
        )
    )
    for each, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if value is not None:
            found[each.arg] = value
    return found


class _Weights:
    def __init__(self) -> None:
        self._kinds: dict[Kind, float] = {}

    @property
    def total(self) -> float:
        return sum(self._kinds.values())

    def put(self, kind: Kind, weight: float) -> None:
        if kind.name not in ("any", "object") or kind.data:
            try:
                self._kinds[kind] = self._kinds.get(kind, 0.0) + weight
            except TypeError:
                return

    def add(self, kinds: Bag, share: float) -> None:
        for kind, weight in kinds.kinds:
            self.put(kind, weight * share)

    def bag(self) -> Bag:
        return Bag(tuple(self._kinds.items()))


def literal_default(node: ast.expr) -> bool:
    """Whether a default is of plain types."""
    try:
        expression_of(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, NoExpressionError, RecursionError):
        return False
    return True
