"""A program cannot tell a traced run from an untraced one."""

import os

import pytest
from generate import program
from generated_setup import SETUP
from interference import marked, noticed, report_of
from parity import Case, run

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


# Names of callees that have a hash of the program's own.
NAMED = """
class Name(str):
    def told(self, *rest):
        print("asked")
        raise ValueError
    __hash__ = __eq__ = __str__ = __repr__ = __format__ = __len__ = encode = told
class Callee:
    def __call__(self):
        return 1
Callee.__qualname__ = Name("Callee")
def called():
    return lambda: (yield 1)
called.__qualname__ = Name("called")
called.__code__ = called.__code__.replace(co_name=Name("called"), co_qualname=Name("called"))
def run():
    both = [called, called()]
    made = both[1]()
    made.__qualname__ = Name("made")
    return Callee()() + Callee()() + next(made)
"""


@pytest.mark.parametrize("backend", ["reference", "core"])
@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_names_of_callees_are_not_asked_for_their_hash(granularity: str, backend: str) -> None:
    assert noticed(Case("named", NAMED, granularity=granularity), backend) is None


# What the recorder works out of a function is made at its first call.
COLLECTED = """
import gc
names = [1]
def late():
    return len(names)
def comprehension():
    return [name for name in names]
def body():
    class Late:
        copies = [name for name in names]
    return Late
def looked():
    before = len(gc.get_objects())
    referrers = len(gc.get_referrers(names))
    counted = gc.get_count()[0]
    return before, referrers, counted
def run():
    gc.collect()
    found = [looked()]
    for use in (late, comprehension, body):
        use()
        found.append(looked())
    start = found[0]
    # The lists of freed objects are as the caller left them: what comes first may count or not.
    counted = found[3][2] - found[1][2]
    return [(b - start[0], r - start[1]) for b, r, _ in found], counted, gc.collect()
"""


@pytest.mark.parametrize("backend", ["core", "reference"])
@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_the_collector_shows_nothing_of_the_recorder(granularity: str, backend: str) -> None:
    assert noticed(Case("collected", COLLECTED, granularity=granularity), backend) is None


# Lines are no offsets: those of the calls lie far behind the last instruction.
STOLEN = """
import sys
def run():
    tell, kinds = sys.monitoring, sys.monitoring.events
    tell.use_tool_id(3, "mine")
    for kind in (kinds.PY_RETURN, kinds.JUMP, kinds.INSTRUCTION, kinds.RAISE):
        ours = tell.register_callback(4, kind, None)
        tell.register_callback(4, kind, ours)
        tell.register_callback(3, kinds.LINE, ours)
        tell.set_events(3, kinds.LINE)
        MANY
        tell.set_events(3, 0)
    tell.free_tool_id(3)
    return 1
""".replace("MANY", "\n" * 9_000 + "        done = 1\n        done = 2")


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_a_callback_under_another_tool_looks_at_no_other_memory(granularity: str) -> None:
    end = run(Case("stolen", STOLEN, granularity=granularity), "core").end
    assert end["outcome"] == "returned"
    assert "tampered" in end["labels"]


FRESH_MODULE = """
import gc
import sys
import weakref

def fresh(name):
    kept = sys.modules.pop(name)
    try:
        return __import__(name)
    finally:
        sys.modules[name] = kept

def run():
    module = fresh("_struct")
    ends = weakref.ref(module), weakref.ref(module.Struct)
    for _ in range(3):
        module.calcsize("b")
        module.Struct("b").pack(1)
        module.Struct.pack(module.Struct("b"), 1)
    del module
    gc.collect()
    return [end() is None for end in ends]
"""


@pytest.mark.parametrize("backend", ["reference", "core"])
@pytest.mark.parametrize("granularity", ["call", "line", "instruction"])
def test_a_module_written_in_c_lives_no_longer(granularity: str, backend: str) -> None:
    case = Case("fresh", FRESH_MODULE, granularity=granularity)
    assert report_of(case, "none")["value"] == "[True, True]"
    assert noticed(case, backend) is None
