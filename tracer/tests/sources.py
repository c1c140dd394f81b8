"""Where the programs come from on which the two backends are compared."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import golden
from generate import is_mixed, program
from generated_setup import SETUP
from library_calls import invocations
from parity import Case
from parity_cases import CASES, FOUND
from parity_limited import LIMITED, SMALL

from tracer import wire

GRANULARITIES = tuple(wire.GRANULARITIES)

# A coarser trace of a whole corpus has nothing that these two do not have.
CORPUS_GRANULARITIES = ("line", "instruction")
# Golden programs that show numbers of processes, clocks, or the frames below their own.
WORLDLY = frozenset({"corner_fork", "corner_world", "corner_recursion_limit"})
NAMES = ("cases", "cruxeval", "humaneval", "stdlib", "generated")


def cases(data: Path) -> Iterator[Case | golden.Program]:
    """Every corner case and every program on which the backends once differed."""
    del data
    for granularity in GRANULARITIES:
        for one in golden.programs():
            # Only its budget of events ends it, and it makes no calls.
            if granularity == "call" and "events" in one.limits:
                continue
            yield dataclasses.replace(one, granularity=granularity)
        for name, source in {**CASES, **FOUND}.items():
            yield Case(name, source, granularity=granularity)
        for name, source in LIMITED.items():
            yield Case(name, source, granularity=granularity, limits=SMALL)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def cruxeval(data: Path) -> Iterator[Case]:
    """All of CRUXEval, each with its input."""
    for row in _rows(data / "cruxeval.jsonl"):
        for granularity in CORPUS_GRANULARITIES:
            yield Case(row["id"], row["code"], f"f({row['input']})", granularity)


def humaneval(data: Path) -> Iterator[Case]:
    """All of HumanEval: the check of each over its own solution."""
    for row in _rows(data / "humaneval.jsonl"):
        source = row["prompt"] + row["canonical_solution"] + row["test"]
        for granularity in CORPUS_GRANULARITIES:
            yield Case(row["task_id"], source, f"check({row['entry_point']})", granularity)


def stdlib(data: Path) -> Iterator[Case]:
    """2,000 invocations of functions of the standard library."""
    del data
    for number, one in enumerate(invocations()):
        granularity = GRANULARITIES[1 + number % 2]
        yield dataclasses.replace(one, granularity=granularity)


def generated(seed: int) -> Case:
    """The program of a seed. Those that go through the matrix are for every instruction."""
    granularity = GRANULARITIES[seed // 4 % 3 if is_mixed(seed) else 2]
    return Case(f"seed {seed}", program(seed), granularity=granularity, setup=SETUP)


LISTED: dict[str, Callable[[Path], Iterator[Case] | Iterator[Case | golden.Program]]] = {
    "cases": cases,
    "cruxeval": cruxeval,
    "humaneval": humaneval,
    "stdlib": stdlib,
}
