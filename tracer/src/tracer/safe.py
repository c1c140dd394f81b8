"""A private copy of the built-ins: a program that replaces `builtins.len` does not reach the tracer's functions."""

import builtins

_COPY: dict[str, object] = dict(vars(builtins))


def protect(namespace: dict[str, object]) -> None:
    """Gives the functions that a module defines from here on the built-ins of this copy.

    Each module of the tracer that runs beside a program calls it with its globals before its first function.
    """
    namespace["__builtins__"] = _COPY
