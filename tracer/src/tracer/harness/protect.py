"""What the harness needs after the program ran, out of reach of its changes to builtins."""

import builtins

_NAMESPACE = builtins.__dict__
_clear = _NAMESPACE.clear
_update = _NAMESPACE.update
_saved: dict[str, object] = {}


def remember() -> None:
    """Called once by PID 1."""
    _saved.update(_NAMESPACE)


def restore() -> None:
    """Puts the builtins back as they were before the program; uses no builtin itself."""
    _clear()
    _update(_saved)
