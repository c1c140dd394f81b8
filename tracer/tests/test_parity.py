"""The recorder in C says what the reference says: event, value and label alike."""

import os

import golden
import pytest
from parity import Case, difference, difference_of_streams
from parity_cases import CASES, FOUND, LIMITED, SMALL
from sources import GRANULARITIES, generated

# Programs of one run; the long form of the command sets more.
PROGRAMS = int(os.environ.get("TRACEMILL_PARITY_PROGRAMS", "80"))
SEED = int(os.environ.get("TRACEMILL_PARITY_SEED", "0"))
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


@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("name", LIMITED)
def test_both_backends_cut_alike(name: str, granularity: str) -> None:
    case = Case(name, LIMITED[name], granularity=granularity, limits=SMALL)
    assert difference(case) is None


def test_both_backends_stop_at_the_same_event() -> None:
    source = "def run():\n    n = 0\n    while True: n += 1\n"
    case = Case("endless", source, limits=(("events", 100),))
    assert difference(case) is None


@pytest.mark.parametrize("offset", range(PROGRAMS))
def test_both_backends_agree_on_generated_programs(offset: int) -> None:
    case = generated(SEED + offset)
    assert difference(case) is None, f"{case.name}\n{case.source}"
