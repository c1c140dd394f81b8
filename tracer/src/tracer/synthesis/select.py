"""Which inputs are kept: the smallest set that keeps the coverage, then what differs most."""

from collections.abc import Sequence

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


def select(trials: Sequence[Trial], keep: int) -> list[Trial]:
    """At most `keep`: given ones always come first, junk at most once and only where it adds."""
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
    kept += _diverse(kept, rest, keep - len(kept))
    if not kept:
        kept += [each for each in trials if each.is_junk][:1] or spent[:1]
    return kept


def _diverse(kept: list[Trial], rest: list[Trial], room: int) -> list[Trial]:
    """Of what adds no coverage: another path with another end, those that return first."""
    ends = {(each.path, each.shown["value"], each.shown["exception"]) for each in kept}
    values = {(each.shown["value"], each.shown["exception"]) for each in kept}
    more: list[Trial] = []
    for each in sorted(rest, key=_rank):
        if len(more) >= room:
            break
        end = (each.path, each.shown["value"], each.shown["exception"])
        if end in ends or end[1:] in values or each.outcome != "returned":
            continue
        more.append(each)
        ends.add(end)
        values.add(end[1:])
    return more
