"""Names of types and callables, read from their heads: nothing that a program could answer."""

import types
from typing import cast

from tracer import _peek
from tracer.safe import protect

protect(globals())

# Modules whose types and functions stand without a module in front.
PLAIN_MODULES = frozenset({"builtins", "record", "__main__"})

_type_qualname = vars(type)["__qualname__"].__get__
_type_module = vars(type)["__module__"].__get__
_module_dict = vars(types.ModuleType)["__dict__"].__get__
# By address: the comparison of types may be code of the program.
_BUILTIN_METHOD_TYPES = frozenset(map(id, (types.BuiltinFunctionType, types.MethodWrapperType)))
_DESCRIPTOR_TYPES = frozenset(
    map(
        id,
        (
            types.MethodDescriptorType,
            types.WrapperDescriptorType,
            types.ClassMethodDescriptorType,
            types.GetSetDescriptorType,
            types.MemberDescriptorType,
        ),
    )
)


def _module_of(kind: type) -> str:
    try:
        module = _type_module(kind)
    except AttributeError:
        return ""
    return module if type(module) is str else ""


def plain(name: str) -> str:
    """The same text as a str: one of a class of the program has methods of its own."""
    return name if type(name) is str else str.__str__(name)


def _joined(module: str, name: str) -> str:
    name = plain(name)
    return name if module in PLAIN_MODULES or module == "" else f"{module}.{name}"


def name_of_type(kind: type) -> str:
    """Qualified name of a class, with its module unless that is plain."""
    return _joined(_module_of(kind), cast("str", _type_qualname(kind)))


def type_name(value: object) -> str:
    """Name of `type(value)`."""
    return name_of_type(type(value))


def module_name(module: types.ModuleType) -> str:
    """What the module's own dict says; empty where it says nothing."""
    name = dict.get(_module_dict(module) or {}, "__name__")
    return name if type(name) is str else ""


def _builtin_name(value: object) -> str:
    owner = value.__self__  # type: ignore[attr-defined]
    name = str(value.__name__)  # type: ignore[attr-defined]
    if owner is None or isinstance_of(owner, types.ModuleType):
        module = value.__module__ if type(value) is types.BuiltinFunctionType else ""
        return _joined(module if type(module) is str else "", name)
    if isinstance_of(owner, type):
        return f"{name_of_type(cast('type', owner))}.{name}"
    return f"{name_of_type(type(owner))}.{name}"


def isinstance_of(value: object, kind: type) -> bool:
    """`isinstance` by the object's real type: an own `__class__` is not asked."""
    return issubclass(type(value), kind)


def callable_name(value: object) -> str:
    """Qualified name of a callable, or the name of its type where it has none of its own."""
    kind = type(value)
    if kind is types.FunctionType:
        function = cast("types.FunctionType", value)
        module = function.__module__
        return _joined(module if type(module) is str else "", function.__qualname__)
    if kind is types.MethodType:
        return callable_name(cast("types.MethodType", value).__func__)
    if id(kind) in _BUILTIN_METHOD_TYPES:
        return _builtin_name(value)
    if id(kind) in _DESCRIPTOR_TYPES:
        owner = value.__objclass__  # type: ignore[attr-defined]
        return f"{name_of_type(owner)}.{value.__name__}"  # type: ignore[attr-defined]
    if issubclass(kind, type):
        return name_of_type(cast("type", value))
    return name_of_type(kind)


def callable_module(value: object) -> str:
    """Module that a callable belongs to: of its owner for methods; empty where nothing tells."""
    kind = type(value)
    if kind is types.FunctionType:
        module = cast("types.FunctionType", value).__module__
        return module if type(module) is str else ""
    if kind is types.MethodType:
        return callable_module(cast("types.MethodType", value).__func__)
    if id(kind) in _BUILTIN_METHOD_TYPES:
        return _builtin_module(value)
    if id(kind) in _DESCRIPTOR_TYPES:
        return _module_of(value.__objclass__)  # type: ignore[attr-defined]
    return _module_of(cast("type", value) if issubclass(kind, type) else kind)


def _builtin_module(value: object) -> str:
    owner = value.__self__  # type: ignore[attr-defined]
    if owner is None or isinstance_of(owner, types.ModuleType):
        module = value.__module__ if type(value) is types.BuiltinFunctionType else ""
        return module if type(module) is str else ""
    return _module_of(cast("type", owner) if isinstance_of(owner, type) else type(owner))


def dict_value(mapping: dict[str, object], name: str) -> object:
    """The value under an exact str key, or NULL."""
    return dict.get(mapping, name, _peek.NULL)
