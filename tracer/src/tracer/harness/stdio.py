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


def install() -> None:
    """Replaces the interpreter's streams, which belong to PID 1, by those of this child."""
    stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding="utf-8")
    streams = {"stdin": stdin, "stdout": _text(1, "strict"), "stderr": _text(2, "backslashreplace")}
    for name, stream in streams.items():
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
