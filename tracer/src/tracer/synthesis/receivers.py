"""Instances of classes, built by constructors and brought into a state by method calls."""

import ast
import enum
import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass, field

from tracer.analysis_find import FunctionNode, last_bindings
from tracer.synthesis.expressions import Value, literal
from tracer.synthesis.guesses import named, of_annotation
from tracer.synthesis.infer import Inference, Knowledge, literal_default
from tracer.synthesis.kinds import Bag, Kind, Maker, bag
from tracer.synthesis.learn import Holder, Wishes, learn
from tracer.synthesis.names import of_name
from tracer.synthesis.run import Result

ATTEMPTS_MAX = 24
ARGUMENT_ATTEMPTS_MAX = 12
WORKING_MAX = 16
# Tried in the beginning, and with this chance each time that one is wanted.
_WORKING_FIRST = 4
_MORE_SHARE = 0.25

_WAYS = {
    "POSITIONAL_ONLY": "positional",
    "POSITIONAL_OR_KEYWORD": "positional",
    "KEYWORD_ONLY": "keyword",
    "VAR_POSITIONAL": "rest",
}

# What methods give that an abstract class leaves open.
_GIVEN = ("None", "1", "'a'", "[]", "True", "[1, 2]", "{}")

Run = Callable[[str, str], Result | None]


def _is_of(made: object, kind: type) -> bool:
    """Whether an instance is one of a class; what a class made that refuses to say, it made."""
    try:
        return isinstance(made, kind)
    except Exception:
        # A TypedDict does, and metaclasses of programs may.
        return True


def _is_below(other: type, kind: type) -> bool:
    try:
        return issubclass(other, kind)
    except Exception:
        return False


@dataclass
class Slot:
    """One parameter to be filled. `way` is positional, keyword, rest or rest-keywords."""

    name: str
    way: str
    wishes: Wishes
    is_required: bool
    is_plain_default: bool = True


@dataclass
class Filled:
    """Arguments of one call, with the kind that was chosen for each."""

    values: list[Value] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    chosen: list[tuple[Wishes, Kind | None]] = field(default_factory=list)


def slots_of(node: FunctionNode, kinds: dict[str, Bag], skip_first: bool) -> list[Slot]:
    """The parameters that a caller fills."""
    spec = node.args
    plain = [*spec.posonlyargs, *spec.args]
    first_default = len(plain) - len(spec.defaults)
    slots: list[Slot] = []
    for at, each in enumerate(plain):
        if at == 0 and skip_first:
            continue
        default = spec.defaults[at - first_default] if at >= first_default else None
        plain_default = default is None or literal_default(default)
        slots.append(
            Slot(each.arg, "positional", Wishes(kinds[each.arg]), default is None, plain_default)
        )
    if spec.vararg is not None:
        slots.append(Slot(spec.vararg.arg, "rest", Wishes(_inside(kinds[spec.vararg.arg])), False))
    for each, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        slots.append(Slot(each.arg, "keyword", Wishes(kinds[each.arg]), value is None))
    return slots


def _inside(kinds: Bag) -> Bag:
    """Kinds of the elements of a starred parameter."""
    found = [
        part
        for kind, _ in kinds.kinds
        if kind.name == "list" and kind.parts
        for part in kind.parts[0].kinds
    ]
    return Bag(tuple(found))


def choose(wishes: Wishes, maker: Maker, depth: int = 0) -> tuple[Kind | None, Value]:
    """A kind by its weight and a value of it."""
    pairs = list(wishes.weights.items())
    if not pairs or maker.chance.random() < 0.03:
        return None, maker.of_bag(Bag(), depth)
    kinds, weights = zip(*pairs, strict=True)
    kind = maker.chance.choices(kinds, weights)[0]
    return kind, maker.of_kind(kind, depth)


def fill(slots: list[Slot], maker: Maker, share: float, depth: int = 0) -> Filled:
    """Required parameters always, others with the probability `share`."""
    filled = Filled()
    named = False
    for slot in slots:
        chance = maker.chance
        if slot.way == "rest":
            if named:
                continue
            for _ in range(chance.choice((0, 1, 2, 3, 2))):
                _put(filled, slot, maker, depth)
            continue
        wanted = slot.is_required or chance.random() < share
        if not wanted:
            named = True
            continue
        if slot.way == "keyword" or named:
            filled.names.append(slot.name)
            named = True
        _put(filled, slot, maker, depth)
    return filled


def _put(filled: Filled, slot: Slot, maker: Maker, depth: int) -> None:
    kind, value = choose(slot.wishes, maker, depth)
    filled.values.append(value)
    filled.chosen.append((slot.wishes, kind))


def holders(filled: Filled, result: Result, shift: int = 0) -> list[Holder]:
    """The live values of a call beside what they were made from."""
    if result.call is None:
        return []
    live = [*result.call.args[shift:], *result.call.kwargs.values()]
    triples = zip(filled.chosen, filled.values, live, strict=False)
    return [(wishes, kind, value, each) for (wishes, kind), value, each in triples]


class Builder:
    """Expressions of instances of one class that are known to work."""

    def __init__(self, name: str, kind: type, workshop: "Workshop") -> None:
        self.name = name
        self.kind = kind
        self._shop = workshop
        self.working: list[Value] = []
        self._texts: set[str] = set()
        self._attempts = 0
        self._misses = 0
        self._busy = False
        self.slots, self._head = self._constructor()

    def _constructor(self) -> tuple[list[Slot], str]:
        shop = self._shop
        for init in ("__init__", "__new__"):
            found = shop.method_node(self.kind, init)
            if found is not None:
                node, owner = found
                kinds = Inference(shop.knowledge).of_function(node, ast.get_docstring(owner))
                return slots_of(node, kinds, skip_first=True), self.name
        return self._by_signature(), self.name

    def _by_signature(self) -> list[Slot]:
        """Of generated constructors and those of other modules."""
        try:
            parameters = inspect.signature(self.kind).parameters.values()
        except (ValueError, TypeError):
            return []
        slots: list[Slot] = []
        for each in parameters:
            annotated = Bag()
            if isinstance(each.annotation, str):
                annotated = self._shop.annotation(each.annotation)
            elif (
                isinstance(each.annotation, type) and each.annotation is not inspect.Parameter.empty
            ):
                annotated = self._shop.annotation(each.annotation.__name__)
            elif each.annotation is not inspect.Parameter.empty:
                annotated = self._shop.annotation(str(each.annotation))
            guessed = self._shop.by_name(each.name)
            kinds = annotated if annotated.kinds else guessed
            way = _WAYS.get(each.kind.name, "")
            if way:
                slots.append(
                    Slot(
                        each.name, way, Wishes(kinds), each.default is each.empty and way != "rest"
                    )
                )
        if issubclass(self.kind, BaseException) and not slots:
            slots.append(Slot("message", "positional", Wishes(bag("str")), True))
        return slots

    def attempt(self, depth: int = 0) -> None:
        """Tries one more expression."""
        self._attempts += 1
        maker = self._shop.maker
        value, filled = self._expression(depth)
        if value is None or value.text in self._texts:
            self._misses += 1
            return
        self._texts.add(value.text)
        imports = self._shop.imports(value)
        result = self._shop.run(
            imports, f"(lambda o: o)({value.text})" if value.kind == "raw" else value.text
        )
        if result is None:
            return
        made = result.value if result.outcome == "returned" else None
        if made is not None and _is_of(made, self.kind):
            self.working.append(value)
            if filled is not None:
                for wishes, kind in filled.chosen:
                    wishes.scale(kind, 1.3)
        elif filled is not None and result.outcome == "raised":
            learn(result, holders(filled, result), self._shop.classes_with)
        del maker

    def _expression(self, depth: int) -> tuple[Value | None, Filled | None]:
        maker = self._shop.maker
        if issubclass(self.kind, enum.Enum):
            members = list(self.kind.__members__)
            if not members:
                return None, None
            return Value("raw", f"{self.name}.{maker.chance.choice(members)}", self.name), None
        share = 0.0 if self._attempts <= 2 else 0.35
        filled = fill(self.slots, maker, share, depth)
        head = self._concrete_head()
        return Value("call", head, self.name, tuple(filled.values), tuple(filled.names)), filled

    def _concrete_head(self) -> str:
        """A class that can be instantiated: itself, or one made of it where it is abstract."""
        abstract = sorted(getattr(self.kind, "__abstractmethods__", None) or ())
        if not abstract:
            return self._head
        for name, other in self._shop.knowledge.names.items():
            is_sub = (
                isinstance(other, type) and _is_below(other, self.kind) and other is not self.kind
            )
            if is_sub and not getattr(other, "__abstractmethods__", None):
                return name
        given = self._shop.maker.chance.choice(_GIVEN)
        members = ", ".join(f"{name!r}: lambda *a, **k: {given}" for name in abstract)
        return f"type({self.kind.__name__!r}, ({self._head},), {{{members}}})"

    def get(self, depth: int, attempts: int) -> Value | None:
        """One that works; None where none is found within so many attempts."""
        if depth > 3:
            return None
        if self._busy:
            # An argument of its own constructor: a list of nodes grows out of those that are there.
            return self._any()
        self._busy = True
        try:
            wanted = 1 if attempts <= ARGUMENT_ATTEMPTS_MAX else _WORKING_FIRST
            while self._attempts < attempts and len(self.working) < wanted and self._misses < 20:
                self.attempt(depth)
            if (
                self.working
                and len(self.working) < WORKING_MAX
                and self._shop.maker.chance.random() < _MORE_SHARE
            ):
                self.attempt(depth)
        finally:
            self._busy = False
        return self._any()

    def _any(self) -> Value | None:
        if not self.working:
            return None
        at = self._shop.maker.chance.randrange(len(self.working))
        return self.working[at]


class Workshop:
    """All builders of one record, and what they share."""

    def __init__(self, knowledge: Knowledge, tree: ast.Module, maker: Maker, run: Run) -> None:
        self.knowledge = knowledge
        self.tree = tree
        self.maker = maker
        self.run = run
        self.builders: dict[str, Builder] = {}
        self._inference = Inference(knowledge)

    def annotation(self, text: str) -> Bag:
        try:
            node = ast.parse(text, mode="eval").body
        except SyntaxError:
            return Bag()
        return of_annotation(node, self.knowledge.is_class)

    def by_name(self, name: str) -> Bag:
        found = of_name(name)
        return bag(named(found)) if found is not None else Bag()

    def classes_with(self, names: set[str]) -> list[str]:
        return self._inference._classes_with(names)

    def method_node(self, kind: type, name: str) -> tuple[FunctionNode, ast.ClassDef] | None:
        """The definition of a method in the record's text, of the class or of a base."""
        for base in kind.__mro__:
            if name in vars(base):
                owner = self.class_node(base.__qualname__)
                if owner is None:
                    return None
                node = last_bindings(owner.body).get(name)
                return (node, owner) if isinstance(node, FunctionNode) else None
        return None

    def class_node(self, qualname: str) -> ast.ClassDef | None:
        body, node = self.tree.body, None
        for part in qualname.split("."):
            found = last_bindings(body).get(part)
            if not isinstance(found, ast.ClassDef):
                return None
            body, node = found.body, found
        return node

    def builder(self, name: str) -> Builder | None:
        """Of a class by its name in the record."""
        known = self.builders.get(name)
        if known is None:
            kind = self.knowledge.lookup(name)
            if not isinstance(kind, type):
                return None
            known = self.builders[name] = Builder(name, kind, self)
        return known

    def instance(
        self, name: str, depth: int, attempts: int = ARGUMENT_ATTEMPTS_MAX
    ) -> Value | None:
        builder = self.builder(name)
        return builder.get(depth, attempts) if builder is not None else None

    def imports(self, *values: Value) -> str:
        """The statements that the names of expressions need."""
        modules = dict.fromkeys(name for value in values for name in value.modules())
        return "\n".join(f"import {name}" for name in sorted(modules) if not self._is_there(name))

    def _is_there(self, name: str) -> bool:
        top = name.partition(".")[0]
        found = self.knowledge.names.get(top)
        return isinstance(found, types.ModuleType) and found.__name__ == top

    def bare(self, name: str, attributes: dict[str, Bag]) -> list[str]:
        """Statements for an instance whose constructor could not be satisfied."""
        statements = [f"obj = {name}.__new__({name})"]
        for attribute, kinds in attributes.items():
            value = self.maker.of_bag(kinds) if kinds.kinds else literal(None)
            imports = self.imports(value)
            statements += [imports] if imports else []
            statements.append(f"obj.{attribute} = {value.text}")
        return statements
