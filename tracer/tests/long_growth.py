"""Many traced runs in one process: memory must not grow. Exit code 1 where it does."""

import argparse
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
RSS_MAX = 256 << 10
# By then caches have their size.
WARM_SHARE = 0.2
# They start threads or leave what they made in the interpreter, also where nothing is recorded.
_LEFT_OUT = ("thread", "asynchronous", "type parameters", "registered", "audit hook", "except star")


class _Nowhere:
    """Drops every record."""

    def append(self, record: bytes, /) -> None:
        pass

    def stop(self, marker: str, /) -> NoReturn:
        raise SystemExit(f"the budget of {marker} was spent")


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


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10_000)
    runs = parser.parse_args().runs
    programs = [
        source
        for name, source in {**CASES, **FOUND}.items()
        if not any(word in name for word in _LEFT_OUT)
    ]
    kinds = list(GRANULARITIES)
    # Not looked at after each run.
    gc.freeze()
    # A point comes after whole rounds, where what the programs left is the same.
    each = len(programs) * len(kinds)
    rounds = max(10, -(-runs // each))
    points: list[tuple[int, int, int]] = []
    for turn in range(rounds):
        for source in programs:
            for granularity in kinds:
                _run(source, granularity)
        if turn + 1 >= rounds * WARM_SHARE and (turn + 1) % (rounds // 10) == 0:
            gc.collect()
            points.append(((turn + 1) * each, sys.getallocatedblocks(), rss()))
    print(f"{'runs':>7}  {'blocks':>9}  {'RSS KiB':>9}")
    for number, blocks, size in points:
        print(f"{number:>7}  {blocks:>9}  {size // 1024:>9}")
    early = points[: (len(points) + 1) // 2]
    grown = [points[-1][column] - max(point[column] for point in early) for column in (1, 2)]
    print(f"growth in the second half: {grown[0]} blocks, {grown[1] // 1024} KiB")
    return 1 if grown[0] > BLOCKS_MAX or grown[1] > RSS_MAX else 0


if __name__ == "__main__":
    sys.exit(main())
