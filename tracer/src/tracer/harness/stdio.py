"""Standard streams of a child: text goes to the recorder at once, in order with the events."""

import io
import sys
from typing import cast

from tracer import _harness
from tracer.safe import protect

# A program that takes builtins away takes them from itself only.
protect(globals())


class _Output(io.RawIOBase):
    """Raw stream under sys.stdout or sys.stderr: every write is a check point of the harness."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        if self.closed:
            raise ValueError("I/O operation on closed file")
        if isinstance(data, (bytes, bytearray, memoryview)):
            return _harness.write(self._fd, data)
        return _harness.write(self._fd, memoryview(data))  # type: ignore[arg-type]


def _text(fd: int, errors: str) -> io.TextIOWrapper:
    stream = io.TextIOWrapper(
        cast("io.BufferedWriter", _Output(fd)),
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
