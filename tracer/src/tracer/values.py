"""Values outside events: results, arguments, exceptions (docs/trace-format.md §9.6)."""

import types
from collections import deque
from collections.abc import Mapping
from typing import cast

from tracer import _peek
from tracer.describe import Describer
from tracer.json_text import definition_text, value_text
from tracer.literals import SCALAR_TYPES, tuple_text
from tracer.naming import name_of_type, type_name
from tracer.safe import protect
from tracer.shapes import Shape
from tracer.valuation import Valuation

protect(globals())

__all__ = ["exception_text", "render", "type_name"]

_CONTAINERS = frozenset(map(id, (list, tuple, dict, set, frozenset)))
_SLOT_WRAPPER = type(object.__str__)


class _NotLiteralError(Exception):
    """The value has no literal: it holds itself, is cut, is too large, or is of no plain type."""


class _Literal(Valuation):
    """Builds the literal of a value, or gives up. What occurs twice is written twice."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        super().__init__(limits)
        self._items_max = limits["containerItems"]
        self._bytes_left = limits["objectBytes"]
        self._open: set[int] = set()

    def number_of(self, item: object) -> int:
        del item
        return 0

    def meet(self, item: object, distance: int) -> int:
        raise _NotLiteralError

    def text(self, item: object, depth: int) -> str:
        kind = type(item)
        inline = self.inline(item)
        if inline is not None:
            if inline.cut is not None or not self._pay(inline.text):
                raise _NotLiteralError
            return inline.text
        if id(kind) not in _CONTAINERS or depth > self._depth or id(item) in self._open:
            raise _NotLiteralError
        self._open.add(id(item))
        text = self._container(item, depth)
        self._open.remove(id(item))
        return text

    def _pay(self, text: str) -> bool:
        self._bytes_left -= len(text.encode("utf-8", "surrogatepass")) + 2
        return self._bytes_left >= 0

    def _container(self, item: object, depth: int) -> str:
        kind = type(item)
        raw = _peek.entries(item) if kind is dict else _peek.items(item)
        if kind in (set, frozenset):
            raw = _peek.members(item)
        if len(raw) > self._items_max * (2 if kind is dict else 1):
            raise _NotLiteralError
        texts = [self.text(part, depth + 1) for part in raw]
        if kind is dict:
            pairs = zip(texts[::2], texts[1::2], strict=True)
            return "{" + ", ".join([f"{key}: {part}" for key, part in pairs]) + "}"
        if kind is list:
            return f"[{', '.join(texts)}]"
        if kind is tuple:
            return tuple_text(texts)
        return _set_text(kind, sorted(texts))


def _set_text(kind: type, texts: list[str]) -> str:
    if kind is set:
        return "{" + ", ".join(texts) + "}" if texts else "set()"
    return "frozenset({" + ", ".join(texts) + "})" if texts else "frozenset()"


class _Graph(Valuation):
    """Numbers the objects of one value from 1. They are alive while it is built."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        super().__init__(limits)
        self._numbers: dict[int, int] = {}
        self._waiting: deque[tuple[int, object, int]] = deque()
        # Keeps what descriptions create, such as the list of an array, until the end.
        self._met: list[object] = []
        self.shapes: dict[int, Shape] = {}

    def number_of(self, item: object) -> int:
        return self._numbers.get(id(item), 0)

    def meet(self, item: object, distance: int) -> int:
        number = len(self._numbers) + 1
        self._numbers[id(item)] = number
        self._met.append(item)
        self._waiting.append((number, item, distance))
        return number

    def define_waiting(self, describer: Describer) -> None:
        while self._waiting:
            number, item, distance = self._waiting.popleft()
            self.shapes[number] = describer.describe(item, self, distance + 1)


def render(value: object, limits: Mapping[str, int]) -> tuple[str, bool]:
    """A literal and True, or JSON text of value and heap and False. Runs nothing of the program."""
    try:
        return _Literal(limits).text(value, 1), True
    except _NotLiteralError:
        pass
    graph = _Graph(limits)
    top = graph.value(value, 1)
    graph.define_waiting(Describer(limits, frozenset(), None))
    heap = ",".join(
        [f'"{number}":{definition_text(shape)}' for number, shape in graph.shapes.items()]
    )
    return f'{{"value":{value_text(top)},"heap":{{{heap}}}}}', False


def exception_text(error: BaseException, limits: Mapping[str, int]) -> tuple[str, str | None]:
    """Type name, and the message where the built-in text of it runs nothing of the program."""
    name = name_of_type(type(error))
    for base in cast("tuple[type, ...]", vars(type)["__mro__"].__get__(type(error))):
        pairs = _peek.type_dict(base)
        own = next((pairs[at + 1] for at in range(0, len(pairs), 2) if _is(pairs[at])), None)
        if own is None:
            continue
        if type(own) is not _SLOT_WRAPPER or not _is_plain(error):
            return name, None
        try:
            text = cast("types.WrapperDescriptorType", own)(error)
        except Exception:
            # For example an int with more digits than the program allows to print.
            return name, None
        return name, _cut(text, limits)
    return name, None


def _is(key: object) -> bool:
    return type(key) is str and key == "__str__"


def _is_plain(error: BaseException) -> bool:
    """Whether all stored arguments are scalars or nested plain containers of them."""
    args = _peek.exception_parts(error)[0]
    todo, seen = [args], 0
    while todo:
        item = todo.pop()
        seen += 1
        kind = type(item)
        if id(kind) in SCALAR_TYPES:
            continue
        if id(kind) not in _CONTAINERS or seen > 10_000:
            return False
        todo += _peek.entries(item) if kind is dict else _peek.items(item)
        todo += _peek.members(item)
    return True


def _cut(text: str, limits: Mapping[str, int]) -> str:
    if len(text) <= limits["stringCodePoints"]:
        return text
    return text[: limits["stringHead"]] + f"… ({len(text)} code points)"
