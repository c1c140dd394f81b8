"""Processes that a search forks for itself, beside those that a program forks.

A nursery is forked before any candidate runs, and forks one process for each piece of work: what
runs there sees the modules as they were when the record had just loaded.
"""

import fcntl
import json
import mmap
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

Json = Any
# Answers are texts of bounded values; a longer one is none.
_ANSWER_BYTES = 1 << 20
_HEAD = 8
_READ_BYTES = 1 << 16
# Below the limit of open files that a child has.
_FIRST_FD = 200
# What the machine decides, not the program: how much time and memory there was.
_FROM_OUTSIDE = frozenset({signal.SIGPROF, signal.SIGXCPU, signal.SIGALRM, signal.SIGKILL})

_is_own = False


def guard(leave: Callable[[int], object]) -> None:
    """From here on, a process that the program forks ends at once: it must not go on searching."""
    os.register_at_fork(after_in_child=lambda: None if _is_own else leave(0))


def _fork() -> int:
    global _is_own
    _is_own = True
    try:
        return os.fork()
    finally:
        _is_own = False


@dataclass(frozen=True)
class Ended:
    """How a fork ended. `answer` is None where it said nothing."""

    answer: Json
    by_machine: bool
    """Time or memory ended it, which says nothing of the program."""


class _Answer:
    """Memory that a fork shares with whoever waits for it."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _ANSWER_BYTES)

    def clear(self) -> None:
        self._memory[:_HEAD] = bytes(_HEAD)

    def write(self, answer: Json) -> None:
        text = json.dumps(answer).encode()
        if len(text) <= _ANSWER_BYTES - _HEAD:
            self._memory[_HEAD : _HEAD + len(text)] = text
            self._memory[:_HEAD] = len(text).to_bytes(_HEAD, "little")

    def ended(self, status: int) -> Ended:
        length = int.from_bytes(self._memory[:_HEAD], "little")
        is_whole = status == 0 and 0 < length <= _ANSWER_BYTES - _HEAD
        answer = json.loads(self._memory[_HEAD : _HEAD + length]) if is_whole else None
        return Ended(answer, os.WIFSIGNALED(status) and os.WTERMSIG(status) in _FROM_OUTSIDE)


def _run(work: Callable[[], Json], answer: _Answer) -> int:
    """Does the work in a fork; returns how that ended."""
    answer.clear()
    pid = _fork()
    if pid == 0:
        try:
            answer.write(work())
        finally:
            os._exit(0)
    return os.waitpid(pid, 0)[1]


def in_fork(work: Callable[[], Json]) -> Ended:
    """Does one piece of work in a fork of this process."""
    answer = _Answer()
    return answer.ended(_run(work, answer))


class Nursery:
    """A fork of this process as it is now, which does each piece of work in a fork of its own.

    `work` takes what `ask` is given, and both that and its answer are JSON.
    """

    def __init__(self, work: Callable[[Json], Json]) -> None:
        self._answer = _Answer()
        self._asks = self._told = -1
        reap()
        try:
            self._begin(work)
        except OSError:
            # The record's own processes and files leave no room for it.
            return

    def _begin(self, work: Callable[[Json], Json]) -> None:
        asked, asks = _pipe()
        told, tells = _pipe()
        if _fork() == 0:
            os.close(asks)
            os.close(told)
            self._serve(work, asked, tells)
        os.close(asked)
        os.close(tells)
        self._asks, self._told = asks, told

    def ask(self, request: Json) -> Ended | None:
        """None where there is no nursery any more: what ran beside it ended it."""
        try:
            _write(self._asks, json.dumps(request).encode() + b"\n")
            status = os.read(self._told, 64)
        except OSError:
            return None
        return self._answer.ended(int(status)) if status else None

    def _serve(self, work: Callable[[Json], Json], asked: int, tells: int) -> NoReturn:
        try:
            pending = b""
            while piece := os.read(asked, _READ_BYTES):
                pending += piece
                while b"\n" in pending:
                    line, _, pending = pending.partition(b"\n")
                    request = json.loads(line)
                    status = _run(lambda: work(request), self._answer)  # noqa: B023
                    os.write(tells, b"%d" % status)
        finally:
            os._exit(0)


def _pipe() -> tuple[int, int]:
    """Out of the way: descriptors that a program opens have the same numbers in all forks."""
    low = os.pipe()
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _FIRST_FD) for fd in low]
    for fd in low:
        os.close(fd)
    return high[0], high[1]


def _write(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def reap() -> None:
    """Forgets processes of the program that have ended: they count among all that there may be."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
    except ChildProcessError:
        pass
