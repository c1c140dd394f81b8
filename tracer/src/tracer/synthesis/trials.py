"""What a search tries, and what it learns of each."""

from collections.abc import Iterable
from dataclasses import dataclass

from tracer.synthesis.coverage import loop_bucket
from tracer.synthesis.expressions import Value
from tracer.synthesis.receivers import Filled
from tracer.synthesis.run import Result

Feature = tuple[object, ...]


def lines_in(features: Iterable[Feature]) -> set[object]:
    """Lines that were reached."""
    return {each[1] for each in features if each[0] == "line"}


def branch_ends(features: Iterable[Feature]) -> dict[tuple[int, int], set[object]]:
    """By site (code and offset), where its branch went."""
    ends: dict[tuple[int, int], set[object]] = {}
    for each in features:
        match each:
            case ("branch", int(code), int(offset), destination):
                ends.setdefault((code, offset), set()).add(destination)
    return ends


def edges_in(features: Iterable[Feature]) -> int:
    """Distinct branch edges, at most two of one site."""
    return sum(min(2, len(ends)) for ends in branch_ends(features).values())


@dataclass
class Rules:
    """Counted budgets: candidates, fuel of one and of all."""

    seed: int
    candidates: int
    fuel: int
    fuel_total: int


@dataclass
class Candidate:
    """An input with what it was made of; texts only where it was given."""

    setup: str
    call: str
    origin: str
    index: int | None = None
    """Place among the inputs of the request."""
    receiver: Value | None = None
    steps: tuple[str, ...] = ()
    filled: Filled | None = None


@dataclass
class Trial:
    """A candidate that showed something new."""

    candidate: Candidate
    order: int
    features: frozenset[Feature]
    outcome: str
    is_junk: bool
    path: int
    shown: dict[str, str | None]
    fuel: int


@dataclass
class Tally:
    """What the search did, counted."""

    candidates: int = 0
    executions: int = 0
    returned: int = 0
    raised: int = 0
    input_failed: int = 0
    junk: int = 0
    repeated: int = 0
    left_out: int = 0


def features_of(result: Result) -> frozenset[Feature]:
    """Everything that coverage counts of one execution."""
    found: set[Feature] = {("line", line) for line in result.seen.lines}
    for edge, count in result.seen.branches.items():
        found.add(("branch", *edge))
        found.add(("loop", *edge, loop_bucket(count)))
    if result.exception is not None and result.outcome == "raised":
        found.add(("exception", result.exception))
    if result.return_type is not None:
        found.add(("return", result.return_type))
    return frozenset(found)
