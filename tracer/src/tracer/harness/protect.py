"""What the harness needs after the program ran, out of the program's reach."""

import builtins
import gc
import sys
import types

from tracer import _harness

_FOLDER = "/opt/tracemill"

_NAMESPACE = builtins.__dict__
_is_same = _harness.same_entries
_put_back = _harness.restore_entries
_saved: dict[str, object] = {}


def remember() -> None:
    """Called once by PID 1."""
    _saved.update(_NAMESPACE)


def restore() -> None:
    """Puts the builtins back as they were before the program; uses no builtin itself."""
    if not _is_same(_NAMESPACE, _saved):
        _put_back(_NAMESPACE, _saved)


def _is_own(name: object) -> bool:
    return isinstance(name, str) and name.partition(".")[0] == "tracer"


def hide() -> None:
    """Called once by PID 1, when all is imported: no name leads a program to a module or class of
    the harness, and it finds no object of it, since those of PID 1 are frozen. What is found by
    other means refuses to serve."""
    for thing in gc.get_objects():
        if isinstance(thing, type) and _is_own(thing.__module__):
            _harness.hide_class(thing)
    for name in [name for name in sys.modules if _is_own(name)]:
        del sys.modules[name]
    sys.modules["__main__"] = types.ModuleType("__main__")
    sys.path[:] = [path for path in sys.path if path != _FOLDER]
    for path in [path for path in sys.path_importer_cache if path.startswith(_FOLDER)]:
        del sys.path_importer_cache[path]
    _harness.guard_monitoring()
