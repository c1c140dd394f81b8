"""A private copy of the built-ins, which a program that replaces `builtins.len` does not reach."""

import builtins

BUILTINS: dict[str, object] = dict(vars(builtins))


def protect(namespace: dict[str, object]) -> None:
    """Gives the functions that a module defines from here on the built-ins of this copy.

    Each module of the tracer that runs beside a program calls it before its first function.
    """
    namespace["__builtins__"] = BUILTINS
