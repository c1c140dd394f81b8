"""The recorder in C says what the reference says: event, value and label alike."""

import os

import golden
import pytest
from parity import Case, difference, difference_of_events, difference_of_streams, run
from parity_cases import CASES, FOUND
from parity_ends import REUSED
from parity_limited import LIMITED, SMALL, TINY
from sources import GRANULARITIES, generated

from tracer.decode import decode

# Programs of one run; the long form of the command sets more.
PROGRAMS = int(os.environ.get("TRACEMILL_PARITY_PROGRAMS", "80"))
SEED = int(os.environ.get("TRACEMILL_PARITY_SEED", "0"))
Limits = tuple[tuple[str, int], ...]
GOLDEN = golden.programs()


@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("name", CASES)
def test_both_backends_agree(name: str, granularity: str) -> None:
    assert difference(Case(name, CASES[name], granularity=granularity)) is None


@pytest.mark.parametrize("program", GOLDEN, ids=[program.name for program in GOLDEN])
def test_the_recorder_in_c_gives_the_golden_stream(program: golden.Program) -> None:
    data = (golden.folder() / f"{program.name}.stream.bin").read_bytes()
    assert difference_of_streams(data, golden.stream_of(program, in_c=True)) is None


@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("name", FOUND)
def test_both_backends_agree_where_they_once_differed(name: str, granularity: str) -> None:
    assert difference(Case(name, FOUND[name], granularity=granularity)) is None


@pytest.mark.parametrize("backend", ["reference", "core"])
@pytest.mark.parametrize("name", REUSED)
def test_an_object_where_another_was_has_a_number_of_its_own(name: str, backend: str) -> None:
    events = decode(run(Case(name, FOUND[name]), backend).stream).events
    shown = [event["set"]["thing"] for event in events if "thing" in event.get("set", {})]
    assert len(shown) == len(set(shown)) > 5


@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("limits", [SMALL, TINY], ids=["small", "tiny"])
@pytest.mark.parametrize("name", LIMITED)
def test_both_backends_cut_alike(name: str, limits: Limits, granularity: str) -> None:
    case = Case(name, LIMITED[name], granularity=granularity, limits=limits)
    assert difference(case) is None


def test_both_backends_stop_at_the_same_event() -> None:
    source = "def run():\n    n = 0\n    while True: n += 1\n"
    case = Case("endless", source, limits=(("events", 100),))
    assert difference(case) is None


GROUPS = """
import itertools
def run():
    first = [object() for _ in range(9)]
    groups = {*itertools.groupby('abcdefghijklmnopqrstuvwxyz')}
    return len(groups)
"""


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_the_order_of_iterators_by_address_is_no_difference(granularity: str) -> None:
    assert difference(Case("groups", GROUPS, granularity=granularity)) is None


def _as(at: str, *keys: str) -> list[dict[str, object]]:
    """A set of two pairs that each hold a group, by which of them was met first; then a change."""
    heap: dict[str, object] = {"1": {"type": "set", "items": ["@2", "@4"]}}
    for pair, group, key in (("2", "3", keys[0]), ("4", "5", keys[1])):
        heap[pair] = {"type": "tuple", "items": [key, f"@{group}"]}
        heap[group] = {"type": "itertools._grouper"}
    iters = {f"@{n}": {"left": [key]} for n, key in (("3", keys[0]), ("5", keys[1]))}
    return [
        {"kind": "line", "line": 1, "heap": heap, "iters": iters},
        {"kind": "line", "line": 2, "set": {"x": at}},
    ]


def test_only_the_numbers_of_such_members_are_taken_for_each_other() -> None:
    mine, same, wrong = _as("@2", "'a'", "'b'"), _as("@4", "'b'", "'a'"), _as("@2", "'b'", "'a'")
    assert difference_of_events(mine, same) is None
    assert difference_of_events(mine, wrong) is not None
    for event in (mine[0], same[0]):
        del event["iters"]
    assert difference_of_events(mine, same) is not None


@pytest.mark.parametrize("offset", range(PROGRAMS))
def test_both_backends_agree_on_generated_programs(offset: int) -> None:
    case = generated(SEED + offset)
    assert difference(case) is None, f"{case.name}\n{case.source}"
