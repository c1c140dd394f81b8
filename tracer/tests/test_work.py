"""A step costs what it changed, not what there is: counted, not timed."""

import pytest
from support import FILENAME, LIMITS, MemorySink, load

from tracer import _core, core
from tracer.reference import Spec

ENDS = {
    "callbacks": "weakref.ref(o, callback)",
    "bound methods": "weakref.ref(o, counter.add)",
    "no callbacks": "weakref.ref(o)",
}
PROGRAM = """
import weakref
class A: pass
class Counter:
    n = 0
    def add(self, reference): self.n += 1
counter = Counter()
def callback(reference): counter.n += 1
def run(k):
    keep = [A() for _ in range(k)]
    references = [%s for o in keep]
    while keep: keep.pop()
    return counter.n
"""


def _looks(make: str, size: int) -> int:
    namespace = load(PROGRAM % make)
    limits = {**LIMITS, "events": 100_000}
    recorder = core.Recorder(Spec("line", frozenset({FILENAME}), namespace, limits), MemorySink())
    result = recorder.run(lambda: namespace["run"](size))
    assert result.outcome == "returned", result.exception
    return int(_core.looks())


@pytest.mark.parametrize("kind", ENDS)
def test_the_end_of_an_object_costs_what_refers_to_it_weakly(kind: str) -> None:
    small, large = _looks(ENDS[kind], 100), _looks(ENDS[kind], 800)
    assert 0 < large < 12 * small
