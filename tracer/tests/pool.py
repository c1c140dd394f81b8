"""Work in forked processes: one that answers, or many whose answers come as they are ready."""

import json
import os
import select
import sys
from collections.abc import Callable, Iterator
from typing import Any, NoReturn


def asked(work: Callable[[int], NoReturn]) -> tuple[bytes, int]:
    """What a child writes into the pipe that `work` is given, and its status for `waitpid`."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        work(writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    return data, os.waitpid(pid, 0)[1]


def _worker(pipe: int, numbers: range, work: Callable[[int], Any]) -> NoReturn:
    try:
        with os.fdopen(pipe, "w", encoding="utf-8") as out:
            for number in numbers:
                out.write(json.dumps([number, work(number)]) + "\n")
                out.flush()
    except BaseException as error:
        os.write(2, f"a process of the pool failed: {error!r}\n".encode())
        os._exit(1)
    os._exit(0)


def spread(count: int, processes: int, work: Callable[[int], Any]) -> Iterator[tuple[int, Any]]:
    """`work(0)` to `work(count - 1)` with their numbers, in any order.

    Raises where a process ends early.
    """
    sys.stdout.flush()
    pipes: dict[int, tuple[int, Any]] = {}
    for index in range(processes):
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            _worker(writing, range(index, count, processes), work)
        os.close(writing)
        pipes[reading] = pid, os.fdopen(reading, encoding="utf-8")
    done = 0
    while pipes:
        for ready in select.select(list(pipes), [], [])[0]:
            pid, lines = pipes[ready]
            line = lines.readline()
            if line:
                done += 1
                number, answer = json.loads(line)
                yield number, answer
                continue
            os.waitpid(pid, 0)
            lines.close()
            del pipes[ready]
    if done != count:
        raise RuntimeError(f"{count - done} of {count} answers are missing")
