"""The kind of a given value: the columns of the coverage matrix."""

import array
import collections
import datetime
import decimal
import enum
import fractions
import functools
import io
import itertools
import pathlib
import re
import types
import uuid
import weakref
from collections.abc import Callable

from value_table import VALUES

from tracer import _peek

# Pushed by the interpreter for its own use.
NOTHING = "an empty place"
KINDS = (*VALUES, NOTHING)

_STRING_MAX = 10_000
_ITEMS_MAX = 1_000
_OBJECT_BYTES_MAX = 65_536
_DEPTH_MAX = 20
_WORD = 1 << 63

_OWN_BASES: tuple[tuple[type, str], ...] = (
    (list, "subclass of list"),
    (dict, "subclass of dict"),
    (set, "subclass of set"),
    (frozenset, "subclass of frozenset"),
    (tuple, "subclass of tuple"),
    (collections.deque, "subclass of deque"),
    (int, "subclass of int"),
    (float, "subclass of float"),
    (complex, "subclass of complex"),
    (str, "subclass of str"),
    (bytes, "subclass of bytes"),
    (BaseExceptionGroup, "exception group"),
)


def _int(value: int) -> str:
    if -_WORD <= value < _WORD:
        return "int"
    return "int that is cut" if value.bit_length() > 39_990 else "int of many digits"


def _float(value: float) -> str:
    return "float" if value - value == 0 else "float that is no number"


def _str(value: str) -> str:
    if len(value) > _STRING_MAX:
        return "str that is cut"
    return "str with a surrogate" if _SURROGATE.search(value) else "str"


def _bytes(value: bytes) -> str:
    return "bytes that are cut" if len(value) > _STRING_MAX else "bytes"


def _tuple(value: tuple[object, ...]) -> str:
    return "tuple" if _leaves(value, 1) > 32 else "tuple of scalars"


def _leaves(value: object, depth: int) -> int:
    if id(type(value)) in _INLINE:
        return 1
    if type(value) is not tuple or depth > 4 or len(value) > 32:
        return 100
    return sum(_leaves(item, depth + 1) for item in value)


def _list(value: list[object]) -> str:
    if len(value) > _ITEMS_MAX or (len(value) > 60 and type(value[0]) is str):
        return "list that is cut"
    depth = 0
    inner: object = value
    while type(inner) is list and len(inner) == 1 and depth <= _DEPTH_MAX:
        inner = inner[0]
        depth += 1
    return "list too deep" if depth > _DEPTH_MAX else "list"


def _dict(value: dict[object, object]) -> str:
    return "dict that is cut" if len(value) >= 300 else "dict"


def _set(value: set[object]) -> str:
    return "set that is cut" if len(value) > _ITEMS_MAX else "set"


class _Sequence:
    def __getitem__(self, at: int) -> int:
        raise IndexError(at)


_SURROGATE = re.compile("[\ud800-\udfff]")
_INLINE = frozenset(map(id, (type(None), bool, int, float, complex, str, bytes, type(...))))
_CONTENT_READERS: dict[type, Callable[..., str]] = {
    int: _int,
    float: _float,
    str: _str,
    bytes: _bytes,
    tuple: _tuple,
    list: _list,
    dict: _dict,
    set: _set,
}
_TYPES: dict[type, str] = {
    type(None): "None",
    bool: "bool",
    complex: "complex",
    type(...): "ellipsis",
    type(NotImplemented): "NotImplemented",
    frozenset: "frozenset",
    collections.deque: "deque",
    collections.defaultdict: "defaultdict",
    collections.Counter: "Counter",
    collections.OrderedDict: "OrderedDict",
    types.MappingProxyType: "mappingproxy",
    array.array: "array",
    bytearray: "bytearray",
    memoryview: "memoryview",
    decimal.Decimal: "Decimal",
    fractions.Fraction: "Fraction",
    datetime.date: "date",
    datetime.time: "time",
    datetime.datetime: "datetime",
    datetime.timedelta: "timedelta",
    datetime.timezone: "timezone",
    uuid.UUID: "UUID",
    re.Pattern: "pattern",
    re.Match: "match",
    io.StringIO: "StringIO",
    io.BytesIO: "BytesIO",
    range: "range",
    slice: "slice",
    functools.partial: "partial",
    weakref.ref: "weak reference",
    types.CellType: "cell",
    types.CodeType: "code object",
    types.MethodType: "bound method",
    types.ModuleType: "module",
    types.GenericAlias: "library class",
    types.GeneratorType: "generator",
    types.CoroutineType: "coroutine",
    types.AsyncGeneratorType: "async generator",
    **dict.fromkeys(
        (
            pathlib.PosixPath,
            pathlib.PurePosixPath,
            pathlib.PureWindowsPath,
        ),
        "path",
    ),
    **dict.fromkeys((type({}.keys()), type({}.values()), type({}.items())), "dict view"),
    **dict.fromkeys((property, classmethod, staticmethod), "property"),
    **dict.fromkeys(
        (
            types.BuiltinFunctionType,
            types.MethodDescriptorType,
            types.MethodWrapperType,
            types.WrapperDescriptorType,
            types.ClassMethodDescriptorType,
        ),
        "builtin",
    ),
    **dict.fromkeys((type(iter("é")), type(iter("a"))), "str iterator"),
    **dict.fromkeys((type(iter(b"")), type(iter(bytearray()))), "bytes_iterator"),
    type(iter([])): "list_iterator",
    type(reversed([])): "list_reverseiterator",
    type(iter(())): "tuple_iterator",
    **dict.fromkeys((type(iter(range(1))), type(iter(range(1 << 70)))), "range_iterator"),
    **dict.fromkeys(
        (type(iter({})), type(iter({}.values())), type(iter({}.items()))), "dict iterator"
    ),
    type(reversed({})): "reversed dict iterator",
    type(iter(set())): "set_iterator",
    type(iter(_Sequence())): "sequence iterator",
    type(iter(int, 0)): "callable_iterator",
    **{kind: kind.__name__ for kind in (reversed, enumerate, zip, map, filter)},
    **{
        kind: f"itertools.{kind.__name__}"
        for kind in vars(itertools).values()
        if isinstance(kind, type)
    },
}
_BY_CONTENT = {id(kind): reader for kind, reader in _CONTENT_READERS.items()}
_BY_TYPE = {id(kind): name for kind, name in _TYPES.items()}
_HOSTILE = frozenset({"Loud", "Sealed", "Shady", "Revived"})
_ITERABLE = frozenset({"It", "Seq", "AIt", "Aw"})
_SLOTTED = frozenset({"S", "T", "F"})
_own_module = type.__dict__["__module__"].__get__


def kind_of(value: object, filename: str) -> str:
    """A member of KINDS. Looks at types and at the storage of exact built-in types only."""
    kind = type(value)
    # By address: the hash of a type may be its metaclass's own code.
    by_content = _BY_CONTENT.get(id(kind))
    if by_content is not None:
        return by_content(value)
    known = _BY_TYPE.get(id(kind))
    if known is not None:
        return known
    if value is _peek.NULL:
        return NOTHING
    if kind is types.FunctionType:
        own = _peek.function(value)[0].co_filename == filename
        return "function" if own else "library function"
    if issubclass(kind, type):
        return "class" if _peek.type_dict(value) and _is_own(value) else "library class"
    return _instance(kind)


def _is_own(kind: object) -> bool:
    pairs = _peek.type_dict(kind)
    return any(
        name == "__module__" and value == "record"
        for name, value in zip(pairs[::2], pairs[1::2], strict=True)
        if type(name) is str and type(value) is str
    )


def _instance(kind: type) -> str:
    name = type.__dict__["__name__"].__get__(kind)
    if issubclass(type(kind), enum.EnumType):
        return "enum member"
    if issubclass(kind, BaseException):
        if issubclass(kind, BaseExceptionGroup):
            return "exception group"
        return "own exception" if _is_own(kind) else "exception"
    if not _is_own(kind):
        return "iterator" if name.endswith("iterator") else "other C type"
    if issubclass(kind, tuple) and name == "P":
        return "named tuple"
    for base, text in _OWN_BASES:
        if issubclass(kind, base):
            return text
    if name in _HOSTILE:
        return "hostile object"
    if name in _ITERABLE:
        return "iterable object"
    if name in _SLOTTED:
        return "instance with slots"
    if name == "D":
        return "data class"
    return "instance of a metaclass" if name == "WithMeta" else "instance"
