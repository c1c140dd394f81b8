"""Standard streams of a child: text goes to the recorder at once, so that the order of output and events is kept."""

import io
import sys

from tracer import _harness


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
        _Output(fd),  # type: ignore[type-var]
        encoding="utf-8",
        errors=errors,
        newline="\n",
        write_through=True,
    )
    stream.mode = "w"  # type: ignore[misc]
    return stream


def install() -> None:
    """Replaces the interpreter's streams, which belong to PID 1, by those of this child."""
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _text(1, "strict")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _text(2, "backslashreplace")  # type: ignore[misc]
