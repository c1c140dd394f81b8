"""Many traced runs in one process: memory must not grow. Exit code 1 where it does."""

import argparse
import ctypes
import gc
import sys
from pathlib import Path
from typing import NoReturn

from parity_cases import CASES, FOUND
from support import FILENAME, LIMITS, load

from tracer import core
from tracer.reference import Spec
from tracer.wire import GRANULARITIES

# From the highest point of the first half to the end: a flat line goes up and down by some tens of
# blocks, and one that a program leaks each time it runs would add hundreds.
BLOCKS_MAX = 100
HEAP_MAX = 16 << 10
# A table of the interpreter that gets new room for good (that of interned strings, at one moment of
# the runs), or one more arena of a MiB that is kept for a single block: such steps come once. So a
# part of the runs is made again, and a leak grows again.
RSS_MAX = 256 << 10
AGAIN_MAX = 3
POINTS = 10
AGAIN_POINTS = 4
# By then caches have their size.
WARM_POINTS = 1
# They start threads or leave what they made in the interpreter, also where nothing is recorded.
_LEFT_OUT = ("thread", "asynchronous", "type parameters", "registered", "audit hook", "except star")


class _Nowhere:
    """Drops every record."""

    def append(self, record: bytes, /) -> None:
        pass

    def stop(self, marker: str, /) -> NoReturn:
        raise SystemExit(f"the budget of {marker} was spent")


class _HeapUse(ctypes.Structure):
    """`struct mallinfo2` of <malloc.h>."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


_mallinfo2 = ctypes.CDLL(None).mallinfo2
_mallinfo2.restype = _HeapUse


def heap() -> int:
    """Bytes that are given out by the C library, also those of which Python counts no block."""
    use = _mallinfo2()
    return int(use.uordblks + use.hblkhd)


def rss() -> int:
    """Bytes of memory that the process has."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


def _run(source: str, granularity: str) -> None:
    namespace = load(source)
    spec = Spec(granularity, frozenset({FILENAME}), namespace, LIMITS)
    core.Recorder(spec, _Nowhere()).run(namespace["run"])
    # What is left in cycles goes at once: where the collector comes by itself, one more or one less
    # arena of a MiB is in use when memory is measured.
    namespace.clear()
    gc.collect()


class _Line:
    """Points are (runs so far, blocks, bytes of the heap, bytes of memory)."""

    def __init__(self, programs: list[str]) -> None:
        self._programs = programs
        self._runs = 0
        self.points: list[tuple[int, int, int, int]] = []

    def go_on(self, rounds: int) -> None:
        """Runs each program `rounds` times at each granularity; then there is one point more."""
        for _ in range(rounds):
            for source in self._programs:
                for granularity in GRANULARITIES:
                    _run(source, granularity)
                    self._runs += 1
        gc.collect()
        self.points.append((self._runs, sys.getallocatedblocks(), heap(), rss()))
        number, blocks, held, size = self.points[-1]
        print(f"{number:>7}  {blocks:>9}  {held:>10}  {size // 1024:>9}")

    def grew(self) -> bool:
        """Whether the last point lies above the highest of the first half by more than may be."""
        early = self.points[: (len(self.points) + 1) // 2]
        blocks, held, size = (
            self.points[-1][column] - max(point[column] for point in early) for column in (1, 2, 3)
        )
        print(f"growth in the second half: {blocks} blocks, {held} bytes, {size // 1024} KiB")
        return blocks > BLOCKS_MAX or held > HEAP_MAX or size > RSS_MAX


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10_000)
    runs = parser.parse_args().runs
    programs = [
        source
        for name, source in {**CASES, **FOUND}.items()
        if not any(word in name for word in _LEFT_OUT)
    ]
    # Not looked at after each run.
    gc.freeze()
    # A point comes after whole rounds, where what the programs left is the same.
    part = max(1, -(-runs // (len(programs) * len(GRANULARITIES) * POINTS)))
    line = _Line(programs)
    print(f"{'runs':>7}  {'blocks':>9}  {'heap bytes':>10}  {'RSS KiB':>9}")
    for _ in range(POINTS):
        line.go_on(part)
    del line.points[:WARM_POINTS]
    again = 0
    while (grew := line.grew()) and again < AGAIN_MAX:
        again += 1
        del line.points[:AGAIN_POINTS]
        for _ in range(AGAIN_POINTS):
            line.go_on(part)
    return 1 if grew else 0


if __name__ == "__main__":
    sys.exit(main())
