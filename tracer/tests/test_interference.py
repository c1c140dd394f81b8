"""A program cannot tell a traced run from an untraced one."""

import os

import pytest
from generate import program
from generated_setup import SETUP
from interference import marked, noticed
from parity import Case

# Programs of one run; each once as it is and once with marks between which deaths are told.
PROGRAMS = int(os.environ.get("TRACEMILL_INTERFERENCE_PROGRAMS", "30"))
SEED = int(os.environ.get("TRACEMILL_INTERFERENCE_SEED", "1000"))
GRANULARITIES = ("line", "instruction", "call")


@pytest.mark.parametrize("backend", ["core", "reference"])
@pytest.mark.parametrize("offset", range(PROGRAMS))
def test_generated_program_does_not_notice(offset: int, backend: str) -> None:
    seed = SEED + offset
    source = program(seed)
    text = marked(source) if offset % 2 else source
    case = Case(f"seed {seed}", text, granularity=GRANULARITIES[offset % 3], setup=SETUP)
    assert noticed(case, backend) is None, f"seed {seed}\n{text}"


# What the recorder works out of a function is made at its first call.
COLLECTED = """
import gc
names = [1]
def late():
    return len(names)
def run():
    before = len(gc.get_objects())
    late()
    return len(gc.get_objects()) - before
"""


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_the_collector_shows_nothing_of_the_recorder(granularity: str) -> None:
    assert noticed(Case("collected", COLLECTED, granularity=granularity), "core") is None
