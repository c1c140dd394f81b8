"""Which parts an object has, by its real type, without calling it (docs/trace-format.md §5)."""

import array
import datetime
import decimal
import enum
import functools
import io
import pathlib
import re
import types
import uuid
import weakref
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import cast

from tracer import _peek
from tracer.naming import callable_name, module_name, name_of_type, plain, type_name
from tracer.safe import protect
from tracer.shapes import Caps, Shape
from tracer.valuation import Valuation

protect(globals())

SCALAR_BASES = (int, float, complex, str, bytes)
_PATH_TYPES = frozenset(
    {
        pathlib.PosixPath,
        pathlib.WindowsPath,
        pathlib.PurePosixPath,
        pathlib.PureWindowsPath,
    }
)
_CLOCK_TYPES = frozenset({datetime.date, datetime.timedelta})
_ZONED_TYPES = frozenset({datetime.datetime, datetime.time})
_TARGET_TYPES: frozenset[type] = frozenset(
    {
        type({}.keys()),
        type({}.values()),
        type({}.items()),
        types.MappingProxyType,
        types.CellType,
        memoryview,
        weakref.ref,
    }
)
_CALLABLE_TYPES = frozenset(
    {
        types.BuiltinFunctionType,
        types.MethodWrapperType,
        types.MethodDescriptorType,
        types.WrapperDescriptorType,
        types.ClassMethodDescriptorType,
    }
)
_HIDDEN_CLASS_TYPES = frozenset(
    map(
        id,
        (
            types.FunctionType,
            classmethod,
            staticmethod,
            property,
            types.MemberDescriptorType,
            types.GetSetDescriptorType,
        ),
    )
)
_GENERATOR_TYPES = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)
_pattern_text = re.Pattern.__dict__["pattern"].__get__
_pattern_flags = re.Pattern.__dict__["flags"].__get__
_array_type = array.array
_string_io_value = io.StringIO.getvalue
_bytes_io_value = io.BytesIO.getvalue
_array_list = array.array.tolist
_deque_maxlen = deque.__dict__["maxlen"].__get__
_default_factory = defaultdict.__dict__["default_factory"].__get__
_partial_func = functools.partial.__dict__["func"].__get__
_partial_args = functools.partial.__dict__["args"].__get__
_partial_keywords = functools.partial.__dict__["keywords"].__get__


class Describer:
    """Describes objects; what is of `traced_files` or of `module` is the record's own."""

    def __init__(
        self, limits: Mapping[str, int], traced_files: frozenset[str], module: object
    ) -> None:
        self._limits = limits
        self._traced_files = traced_files
        self._module = module

    def describe(self, item: object, values: Valuation, distance: int) -> Shape:
        """The present state of an object with a number; what it refers to is `distance` away."""
        shape = Shape(type_name(item))
        caps = Caps(self._limits, values, distance)
        kind = type(item)
        reader = _READERS.get(id(kind))
        if reader is not None:
            reader(self, item, shape, caps)
        elif issubclass(kind, type):
            self._class(cast("type", item), shape, caps)
        elif issubclass(kind, types.ModuleType):
            shape.name = module_name(cast("types.ModuleType", item))
        elif issubclass(type(kind), enum.EnumType):
            self._enum(item, shape, caps)
        else:
            self._instance(item, shape, caps)
        return shape

    def _instance(self, item: object, shape: Shape, caps: Caps) -> None:
        kind = type(item)
        if issubclass(kind, (list, tuple, deque)):
            caps.items(shape, _peek.items(item))
        elif issubclass(kind, (set, frozenset)):
            caps.members(shape, _peek.members(item))
        elif issubclass(kind, dict):
            caps.entries(shape, _peek.entries(item))
        elif issubclass(kind, SCALAR_BASES):
            shape.value = caps.value(_scalar_base(item))
        elif issubclass(kind, BaseException):
            _exception(item, shape, caps)
        self._extras(item, shape, caps)
        if kind is not dict:
            caps.fields(shape, _peek.fields(item))

    def _extras(self, item: object, shape: Shape, caps: Caps) -> None:
        kind = type(item)
        if issubclass(kind, tuple):
            shape.names = _tuple_names(kind)
        elif issubclass(kind, deque):
            maxlen = _deque_maxlen(item)
            if maxlen is not None:
                shape.links["maxlen"] = caps.value(maxlen)
        elif issubclass(kind, defaultdict):
            shape.links["default_factory"] = caps.value(_default_factory(item))

    def _enum(self, item: object, shape: Shape, caps: Caps) -> None:
        pairs = _peek.fields(item)
        name = _find(pairs, "_name_")
        shape.name = name if type(name) is str else None
        shape.value = caps.value(_find(pairs, "_value_"))

    def _class(self, item: type, shape: Shape, caps: Caps) -> None:
        shape.name = name_of_type(item)
        pairs = _peek.type_dict(item)
        module = _find(pairs, "__module__")
        if type(module) is not str or module != self._module:
            return
        is_enum = issubclass(type(item), enum.EnumType)
        shown: list[object] = []
        for at in range(0, len(pairs), 2):
            name, value = pairs[at], pairs[at + 1]
            if type(name) is str and _is_data(name, value, is_enum):
                shown += (name, value)
        caps.fields(shape, shown)

    def _function(self, item: object, shape: Shape, caps: Caps) -> None:
        code, defaults = _peek.function(item)
        if code.co_filename not in self._traced_files:
            shape.name = callable_name(item)
            return
        shape.name = plain(cast("types.FunctionType", item).__qualname__)
        if type(defaults) is tuple and defaults:
            caps.items(shape, _peek.items(defaults))
        caps.fields(shape, _peek.fields(item))

    def _method(self, item: object, shape: Shape, caps: Caps) -> None:
        method = cast("types.MethodType", item)
        shape.name = callable_name(method)
        shape.links["self"] = caps.value(method.__self__)

    def _builtin(self, item: object, shape: Shape, caps: Caps) -> None:
        shape.name = callable_name(item)
        if type(item) in (types.BuiltinFunctionType, types.MethodWrapperType):
            owner = item.__self__  # type: ignore[attr-defined]
            if owner is not None and not issubclass(type(owner), types.ModuleType):
                shape.links["self"] = caps.value(owner)

    def _partial(self, item: object, shape: Shape, caps: Caps) -> None:
        caps.items(shape, _peek.items(_partial_args(item)))
        caps.entries(shape, _peek.entries(_partial_keywords(item)))
        shape.links["func"] = caps.value(_partial_func(item))

    def _slice(self, item: object, shape: Shape, caps: Caps) -> None:
        part = cast("slice[object, object, object]", item)
        shape.links["start"] = caps.value(part.start)
        shape.links["stop"] = caps.value(part.stop)
        shape.links["step"] = caps.value(part.step)

    def _range(self, item: object, shape: Shape, caps: Caps) -> None:
        del caps
        part = cast("range", item)
        if type(part.start) is int and type(part.stop) is int and type(part.step) is int:
            try:
                shape.repr = repr(part)
            except ValueError:
                # CPython refuses a decimal text of more than 4,300 digits.
                shape.repr = None

    def _library_repr(self, item: object, shape: Shape, caps: Caps) -> None:
        del caps
        shape.repr = repr(item)

    def _zoned(self, item: object, shape: Shape, caps: Caps) -> None:
        del caps
        zone = cast("datetime.datetime", item).tzinfo
        if zone is None or zone is datetime.UTC:
            shape.repr = repr(item)

    def _zone(self, item: object, shape: Shape, caps: Caps) -> None:
        del caps
        if item is datetime.UTC:
            shape.repr = "datetime.timezone.utc"

    def _uuid(self, item: object, shape: Shape, caps: Caps) -> None:
        del caps
        number = _find(_peek.fields(item), "int")
        if type(number) is int and 0 <= number < 1 << 128:
            digits = f"{number:032x}"
            cuts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
            shape.repr = f"UUID('{'-'.join(cuts)}')"

    def _path(self, item: object, shape: Shape, caps: Caps) -> None:
        del caps
        raw = _find(_peek.fields(item), "_raw_paths")
        texts = _peek.items(raw)
        # One that is being made has none yet.
        if type(raw) is list and all(type(text) is str for text in texts):
            shown = ", ".join([repr(text) for text in texts])
            shape.repr = f"{type(item).__name__}({shown})"

    def _pattern(self, item: object, shape: Shape, caps: Caps) -> None:
        del caps
        text = _pattern_text(item)
        if type(text) is str or type(text) is bytes:
            shape.repr = f"re.compile({text!r}, {_pattern_flags(item)})"

    def _buffer(self, item: object, shape: Shape, caps: Caps) -> None:
        shape.value = caps.value(bytes(cast("bytearray", item)))

    def _array(self, item: object, shape: Shape, caps: Caps) -> None:
        caps.items(shape, _array_list(cast("array.array[int]", item)))

    def _stream(self, item: object, shape: Shape, caps: Caps) -> None:
        shape.always = True
        read = _string_io_value if type(item) is io.StringIO else _bytes_io_value
        try:
            content: object = read(item)  # type: ignore[arg-type]
        except ValueError:
            content = _peek.NULL
        shape.value = caps.value(content)

    def _target(self, item: object, shape: Shape, caps: Caps) -> None:
        shape.links["over"] = caps.value(_peek.target(item))

    def _generator(self, item: object, shape: Shape, caps: Caps) -> None:
        del caps
        shape.name = plain(cast("types.GeneratorType[object, object, object]", item).__qualname__)

    def _opaque(self, item: object, shape: Shape, caps: Caps) -> None:
        del item, shape, caps


def _scalar_base(item: object) -> object:
    base = next(base for base in SCALAR_BASES if issubclass(type(item), base))
    # Gives the value in the exact built-in type, without asking the subclass.
    return base(*vars(base)["__getnewargs__"](item))


def _exception(item: object, shape: Shape, caps: Caps) -> None:
    args, cause, context = _peek.exception_parts(item)
    caps.items(shape, _peek.items(args))
    if cause is not _peek.NULL:
        shape.links["cause"] = caps.value(cause)
    if context is not _peek.NULL:
        shape.links["context"] = caps.value(context)


def _tuple_names(kind: type) -> list[str] | None:
    if kind is tuple:
        return None
    for base in vars(type)["__mro__"].__get__(kind):
        names = _find(_peek.type_dict(base), "_fields")
        if type(names) is tuple and all(type(name) is str for name in names):
            return list(names)
    return None


def _find(pairs: list[object], name: str) -> object:
    """The value beside an exact str in an alternating list; NULL where there is none."""
    for at in range(0, len(pairs), 2):
        key = pairs[at]
        if type(key) is str and key == name:
            return pairs[at + 1]
    return _peek.NULL


def _is_data(name: str, value: object, is_enum: bool) -> bool:
    if name == "_abc_impl" or (name.startswith("__") and name.endswith("__")):
        return False
    if is_enum and name.startswith("_") and name.endswith("_"):
        return False
    return id(type(value)) not in _HIDDEN_CLASS_TYPES


Reader = Callable[[Describer, object, Shape, Caps], None]

_READERS_OF: dict[type, Reader] = {
    types.FunctionType: Describer._function,
    types.MethodType: Describer._method,
    functools.partial: Describer._partial,
    slice: Describer._slice,
    range: Describer._range,
    decimal.Decimal: Describer._library_repr,
    datetime.timezone: Describer._zone,
    uuid.UUID: Describer._uuid,
    re.Pattern: Describer._pattern,
    bytearray: Describer._buffer,
    _array_type: Describer._array,
    io.StringIO: Describer._stream,
    io.BytesIO: Describer._stream,
    property: Describer._opaque,
    classmethod: Describer._opaque,
    staticmethod: Describer._opaque,
    **dict.fromkeys(_CALLABLE_TYPES, Describer._builtin),
    **dict.fromkeys(_CLOCK_TYPES, Describer._library_repr),
    **dict.fromkeys(_ZONED_TYPES, Describer._zoned),
    **dict.fromkeys(_PATH_TYPES, Describer._path),
    **dict.fromkeys(_TARGET_TYPES, Describer._target),
    **dict.fromkeys(_GENERATOR_TYPES, Describer._generator),
}
# By address: the hash of a type may be code of the program.
_READERS = {id(kind): reader for kind, reader in _READERS_OF.items()}


def forget_module(name: str) -> None:
    """Instances of a module's own classes are described by what they hold from here on."""
    for kind in _READERS_OF:
        if kind.__module__ == name:
            _READERS.pop(id(kind), None)
