"""The long form of the parity tests: `npm run test:parity`. Exit code 1 where anything differs."""

import argparse
import dataclasses
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import golden
import matrix
import sources
from coverage import Cell
from parity import Case, compared, difference_of_streams, differs
from pool import spread
from shrink import shrink

# Shrinking one takes up to a minute.
SHRUNK_MAX = 5
PROGRAMS = 20_000
PROGRESS_SECONDS = 30
_HEADER_BYTES = 24


CaseOf = Callable[[int], Case | golden.Program]


@dataclass
class Part:
    """What came of the cases of one source."""

    name: str
    count: int = 0
    traced: int = 0
    bytes: int = 0
    seconds: float = 0
    different: list[int] = field(default_factory=list)


def _compare(case: Case | golden.Program, backend: str) -> dict[str, Any]:
    if isinstance(case, golden.Program):
        data = golden.stream_of(case)
        worldly = case.name in sources.WORLDLY
        found = difference_of_streams(data, golden.stream_of(case, in_c=True), worldly=worldly)
        return {"difference": found, "bytes": len(data), "cells": []}
    found, reference = compared(case, backend)
    cells = [[*cell, count] for cell, count in reference.cells.items()]
    return {"difference": found, "bytes": len(reference.stream), "cells": cells}


def _say(text: str) -> None:
    print(text, flush=True)


class Comparison:
    """Runs parts one after the other."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self.parts: list[Part] = []
        self.cells: Counter[Cell] = Counter()

    def part(self, name: str, count: int, case_of: CaseOf, backend: str) -> None:
        """All cases of a source; what differs is printed, the first few made small."""
        part = Part(name)
        self.parts.append(part)
        started = told = time.monotonic()
        for number, answer in spread(
            count, self._processes, lambda number: _compare(case_of(number), backend)
        ):
            part.count += 1
            part.bytes += answer["bytes"]
            part.traced += answer["bytes"] > _HEADER_BYTES
            self.cells.update({(a, b, c): hits for a, b, c, hits in answer["cells"]})
            if answer["difference"] is not None:
                part.different.append(number)
                self._tell(part, case_of(number), answer["difference"])
            if time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                _say(f"  {name}: {part.count} of {count}, {len(part.different)} different")
        part.seconds = time.monotonic() - started

    def _tell(self, part: Part, case: Case | golden.Program, found: str) -> None:
        _say(f"DIFFERENT {part.name}: {case.name} ({case.granularity}): {found}")
        if (
            isinstance(case, golden.Program)
            or sum(len(each.different) for each in self.parts) > SHRUNK_MAX
        ):
            return
        if not differs(case):
            _say("it did not differ, or did not end, when it was run again")
            return
        small = shrink(
            case.source,
            lambda text: differs(dataclasses.replace(case, source=text)),
        )
        _say(f"made small, its call is {case.call}:\n{small}")


def table(parts: list[Part]) -> str:
    """A line for each source and one for the sum."""
    rows = [("source", "programs", "with events", "MiB", "different", "seconds")]
    for part in parts:
        rows.append(
            (
                *(part.name, str(part.count), str(part.traced), f"{part.bytes / 2**20:.1f}"),
                *(str(len(part.different)), f"{part.seconds:.0f}"),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [text.rjust(width) for text, width in zip(row, widths, strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *cells[1:]]))
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="npm run test:parity --", description=__doc__)
    parser.add_argument("--programs", type=int, default=PROGRAMS, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--only", choices=sources.NAMES, action="append")
    parser.add_argument("--data", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--processes", type=int, default=2, metavar="N")
    parser.add_argument("--cells", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _has_gaps(hits: Counter[Cell], programs: int) -> bool:
    """Prints what the matrix lacks; fewer programs than the whole have to fill less of it."""
    _say(matrix.summary(hits))
    wanted = matrix.WANTED if programs >= PROGRAMS else 0
    found = list(matrix.problems(hits, wanted))
    for problem in found:
        _say(problem)
    return bool(found)


def main() -> int:
    options = _options()
    chosen = options.only or sources.NAMES
    comparison = Comparison(options.processes)
    for name in sources.NAMES:
        if name not in chosen:
            continue
        if name == "generated":
            _say(f"{name}: {options.programs} programs from seed {options.seed}")
            comparison.part(
                name,
                options.programs,
                lambda number: sources.generated(options.seed + number),
                "counted",
            )
            continue
        cases = list(sources.LISTED[name](options.data))
        _say(f"{name}: {len(cases)} programs")
        comparison.part(name, len(cases), cases.__getitem__, "reference")
    if options.cells:
        lines = (f"{'\t'.join(cell)}\t{hits}\n" for cell, hits in sorted(comparison.cells.items()))
        options.cells.write_text("".join(lines))
    _say(table(comparison.parts))
    failed = any(part.different for part in comparison.parts)
    if "generated" in chosen:
        failed |= _has_gaps(comparison.cells, options.programs)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
