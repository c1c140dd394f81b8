"""The recorder in C says what the reference says: event, value and label alike."""

import os

import golden
import pytest
from generate import program
from generated_setup import SETUP
from parity import Case, difference, difference_of_streams
from parity_cases import FOUND

# Programs of one run; the long form of the command sets more.
PROGRAMS = int(os.environ.get("TRACEMILL_PARITY_PROGRAMS", "150"))
SEED = int(os.environ.get("TRACEMILL_PARITY_SEED", "0"))
GRANULARITIES = ("call", "line", "instruction")
GOLDEN = golden.programs()

CASES = {
    "a list emptied while its sort calls a key": """
def run():
    xs = [3, 1, 2]
    seen = []
    xs.sort(key=lambda v: seen.append(len(xs)) or v)
    return xs, seen
""",
    "stores through the dict of an instance": """
class A:
    pass
def run():
    a = A()
    a.x = 1
    a.__dict__["y"] = [2]
    d = vars(a)
    d["z"] = 3
    a.x = d
    return a
""",
    "a cached property writes where an attribute is read": """
import functools
class A:
    @functools.cached_property
    def slow(self):
        return [1]
def run():
    a = A()
    b = (a.slow, a.slow)
    return getattr(a, "slow"), b
""",
    "two changes of one list on one line": """
def run():
    xs = [1, 2, 3]
    xs.append(4); xs[0] = 9; xs.pop(); xs[:0] = [7, 8]
    return xs
""",
    "finalisers, weak references and a resurrected object": """
import weakref
kept = []
class D:
    def __del__(self):
        kept.append(self)
class O:
    pass
def run():
    d = D()
    d.v = [1]
    d = None
    o = O()
    w = weakref.ref(o, lambda r: kept.append("dead"))
    del o
    return kept, w() is None
""",
    "generators, throw, close and yield from": """
log = []
def gen(n):
    try:
        for i in range(n):
            yield i
    except ValueError:
        yield "caught"
    finally:
        log.append("end")
def outer():
    r = yield from gen(2)
    yield r
def run():
    g = gen(3)
    next(g)
    a = g.throw(ValueError("x"))
    g.close()
    return a, list(outer()), [x for x in gen(1)]
""",
    "coroutines and asynchronous generators": """
import asyncio
async def ticks(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i
async def main():
    out = []
    async for t in ticks(2):
        out.append(t)
    await asyncio.gather(work(out, 1), work(out, 2))
    return out
async def work(out, k):
    out.append(k)
    await asyncio.sleep(0)
    out.append(-k)
def run():
    return asyncio.run(main())
""",
    "exceptions with cause, context, groups and finally": """
def run():
    out = []
    try:
        try:
            {}["k"]
        except KeyError as e:
            raise ValueError("v") from e
        finally:
            out.append("f")
    except ValueError as e:
        out.append(e)
    try:
        raise ExceptionGroup("g", [TypeError(1), OSError(2)])
    except* TypeError as g:
        out.append(len(g.exceptions))
    except* OSError:
        out.append("os")
    return out
""",
    "hostile objects are looked at without a call": """
class X:
    def __repr__(self): raise SystemExit
    def __eq__(self, other): raise SystemExit
    def __hash__(self): return 1
    def __len__(self): raise SystemExit
    def __getattribute__(self, name): raise SystemExit
def run():
    x = X()
    y = [x, {x: 1}]
    z = (x, y)
    return len(z)
""",
    "iterators of every kind": """
import itertools
def run():
    out = []
    for i, (a, b) in enumerate(zip("ab", [1, 2])):
        out.append((i, a, b))
    for x in itertools.chain([1], (2,), {3}, {4: 5}, range(6, 8), reversed([9]), map(abs, [-1])):
        out.append(x)
    pop = [2, 1, 0]
    for x in iter(pop.pop, 2):
        out.append(x)
    return out, list(map(out.append, [1, 2]))
""",
}
LIMITED = {
    "a list beyond the limits": "def run():\n    xs = list(range(40))\n"
    "    xs[30] = 5\n    xs.append(1)\n"
    "    xs.pop(0)\n    xs[2] = 'y' * 50\n    return xs\n",
    "a dict and a set beyond the limits": "def run():\n"
    "    d = {i: i for i in range(30)}\n    d[29] = 1\n"
    "    s = set(range(30))\n    s.add(77)\n    del d[0]\n    return d, s\n",
    "nesting beyond the limit": "def run():\n    a = []\n    for i in range(12):\n        a = [a]\n"
    "    b = [a]\n    while a:\n        a = a[0]\n    return b\n",
}
SMALL = (
    ("containerItems", 8),
    ("depth", 4),
    ("objectBytes", 60),
    ("stringCodePoints", 20),
    ("stringHead", 5),
)


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
    seed = SEED + offset
    # Those that go through the matrix are for every instruction.
    granularity = GRANULARITIES[2 if seed % 2 == 0 else seed // 2 % 3]
    case = Case(f"seed {seed}", program(seed), granularity=granularity, setup=SETUP)
    assert difference(case) is None, f"seed {seed}\n{case.source}"
