"""Which inputs are kept: the smallest set that keeps the coverage, then what differs most."""

from collections import Counter
from collections.abc import Collection, Sequence

from tracer.synthesis.trials import Trial

_ORIGINS = {"given": 0, "doctest": 1, "test": 2, "llm": 3, "fuzz": 4}
_OUTCOMES = {"returned": 0, "exited": 1, "raised": 2, "fuel-exceeded": 3}


def _rank(trial: Trial) -> tuple[int, int, int, int, int]:
    """What is preferred among equals."""
    candidate = trial.candidate
    return (
        _OUTCOMES.get(trial.outcome, 4),
        _ORIGINS.get(candidate.origin, 5),
        len(candidate.setup) + len(candidate.call) > 400,
        trial.order,
        0,
    )


def select(found: Sequence[Trial], keep: int, likes: Collection[int] = frozenset()) -> list[Trial]:
    """At most `keep`: given ones always come first, junk at most once and only where it adds.

    Trials whose order is among `likes` add no coverage, and may fill what room is left.
    """
    trials = [each for each in found if each.order not in likes]
    given = [each for each in trials if each.candidate.origin == "given"][:keep]
    kept = list(given)
    covered = frozenset[object]().union(*(each.features for each in kept))
    rest = [each for each in trials if each.candidate.origin != "given"]
    spent = [each for each in rest if each.outcome == "fuel-exceeded"]
    rest = [each for each in rest if each.outcome != "fuel-exceeded" and not each.is_junk]
    while rest and len(kept) < keep:
        best = min(rest, key=lambda each: (-len(each.features - covered), *_rank(each)))
        gain = best.features - covered
        if not gain:
            break
        kept.append(best)
        covered |= best.features
        rest.remove(best)
    rest += [each for each in found if each.order in likes and not each.is_junk]
    kept += _diverse(kept, rest, keep - len(kept))
    if not kept:
        kept += [each for each in trials if each.is_junk][:1] or spent[:1]
    return kept


def _end(trial: Trial) -> tuple[str | None, ...]:
    """What it came to: its value, or what it changed where it has none."""
    shown = trial.shown
    return shown["value"], shown["exception"], shown["after"] if shown["value"] == "None" else None


def _diverse(kept: list[Trial], rest: list[Trial], room: int) -> list[Trial]:
    """Of what adds no coverage: those that return something else, of each path in turn."""
    taken = Counter(each.path for each in kept)
    ends = {_end(each) for each in kept}
    left = [each for each in sorted(rest, key=_rank) if each.outcome == "returned"]
    more: list[Trial] = []
    while len(more) < room:
        left = [each for each in left if _end(each) not in ends]
        if not left:
            break
        best = min(left, key=lambda each: taken[each.path])
        more.append(best)
        taken[best.path] += 1
        ends.add(_end(best))
    return more
