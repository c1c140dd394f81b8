"""Private copies of what a program can replace: `builtins.len`, `math.isnan`, `sys.monitoring`."""

import builtins
import types

BUILTINS: dict[str, object] = dict(vars(builtins))
_copies: dict[str, types.SimpleNamespace] = {}


def copy_of(module: types.ModuleType) -> types.SimpleNamespace:
    """What the module holds now. One copy serves all."""
    name = module.__name__
    if name not in _copies:
        _copies[name] = types.SimpleNamespace(**vars(module))
    return _copies[name]


def protect(namespace: dict[str, object]) -> None:
    """Gives the functions that a module defines from here on the built-ins of this copy, and copies
    of the library's modules that it imported, but for `sys`, which tells of what is now.

    Each module of the tracer that runs beside a program calls it before its first function.
    """
    namespace["__builtins__"] = BUILTINS
    for name, value in namespace.items():
        if type(value) is types.ModuleType and value.__name__.partition(".")[0] not in _KEPT:
            namespace[name] = copy_of(value)


_KEPT = frozenset({"sys", "tracer"})
