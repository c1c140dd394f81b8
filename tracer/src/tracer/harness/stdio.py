"""Standard streams of a child: text goes to the recorder at once, in order with the events."""

import io
import sys
from typing import cast

from tracer import _harness
from tracer.safe import protect

# A program that takes builtins away takes them from itself only.
protect(globals())

# Made by PID 1: a class for each costs a child nothing.
_streams = {fd: _harness.output_stream(fd) for fd in (1, 2)}


def _text(fd: int, errors: str) -> io.TextIOWrapper:
    stream = io.TextIOWrapper(
        cast("io.BufferedWriter", _streams[fd]),
        encoding="utf-8",
        errors=errors,
        newline="\n",
        write_through=True,
    )
    stream.__dict__["mode"] = "w"
    return stream


NAMES = ("stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__")
_texts: dict[str, io.TextIOWrapper] = {}
_sys_names = sys.__dict__


def prepare() -> None:
    """Called once by PID 1, whose descriptor 0 is of the kind that a child's is."""
    stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding="utf-8")
    streams = (stdin, _text(1, "strict"), _text(2, "backslashreplace"))
    _texts.update(zip(NAMES, streams * 2, strict=True))


def install() -> None:
    """Replaces the interpreter's streams, which belong to PID 1, by those of this child."""
    _sys_names.update(_texts)
