"""Iterators are told of and never advanced; what is known of dead objects does not pile up."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from support import load, trace, trace_call

from tracer import _peek

MAKERS = {
    "count": "it.count(3, 2)",
    "count of another type": "it.count(0.5, 0.25)",
    "repeat": "it.repeat('x', 4)",
    "cycle": "it.cycle('abc')",
    "islice": "it.islice('abcdefgh', 1, None, 2)",
    "batched": "it.batched('abcde', 2)",
    "pairwise": "it.pairwise('abcd')",
    "chain": "it.chain('ab', (), 'c')",
    "zip_longest": "it.zip_longest('abc', 'x')",
    "product": "it.product('ab', repeat=2)",
    "product of nothing": "it.product()",
    "permutations": "it.permutations('abc')",
    "permutations of nothing": "it.permutations(())",
    "combinations": "it.combinations('abcd', 2)",
    "combinations that are too long": "it.combinations('a', 2)",
    "combinations_with_replacement": "it.combinations_with_replacement('ab', 2)",
    "accumulate": "it.accumulate('abc')",
    "compress": "it.compress('abc', (1, 0, 1))",
    "takewhile": "it.takewhile(str.islower, 'abC')",
    "dropwhile": "it.dropwhile(str.islower, 'aBc')",
    "filterfalse": "it.filterfalse(str.islower, 'aBc')",
    "starmap": "it.starmap(max, ('ab', 'cd'))",
    "groupby": "((k, ''.join(g)) for k, g in it.groupby('aab'))",
    "tee": "it.tee('abc')[0]",
    "tee of two": "map(''.join, zip(*it.tee('abc')))",
}
PROGRAM = """
import itertools as it
def run():
    found = {maker}
    items = []
    for _ in range(3):
        for item in it.islice(found, 2):
            items.append(item)
    return items, list(it.islice(found, 20))
"""


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS.keys())
@pytest.mark.parametrize("granularity", ["line", "instruction"])
def test_iterator_gives_the_same_with_and_without_a_look_at_it(
    maker: str, granularity: str
) -> None:
    source = PROGRAM.format(maker=maker)
    untraced = load(source)["run"]()
    traced = trace(source, granularity=granularity)
    assert traced.trace.fault is None
    assert traced.result.value == untraced


@pytest.mark.parametrize("kind", [name for name in dir(itertools) if name[0].islower()])
def test_every_iterator_of_itertools_has_a_state(kind: str) -> None:
    arguments: dict[str, tuple[Any, ...]] = {
        "count": (),
        "repeat": (1,),
        "batched": ("ab", 2),
        "combinations": ("ab", 1),
        "combinations_with_replacement": ("ab", 1),
        "compress": ("ab", (1, 1)),
        "islice": ("ab", 1),
        **dict.fromkeys(("dropwhile", "filterfalse", "starmap", "takewhile"), (None, "ab")),
    }
    made: Any = getattr(itertools, kind)(*arguments.get(kind, ("ab",)))
    each: Iterator[object] = made[0] if isinstance(made, tuple) else made
    assert _peek.iterator(each) is not None


def test_released_view_is_over_nothing() -> None:
    traced = trace("""
def run():
    buffer = bytearray(b"ab")
    view = memoryview(buffer)
    view.release()
    buffer = None
    return view is None
""")
    assert '[["link","over","NULL"]]' in traced.trace.events_json()


def test_iterator_of_a_dict_that_changed_size_is_done() -> None:
    traced = trace("""
def run():
    names = {"a": 1}
    steps = iter(names)
    names["b"] = 2
    try:
        next(steps)
    except RuntimeError:
        pass
    return len(names)
""")
    told = [event["iters"] for event in traced.events if "iters" in event]
    assert list(told[-1].values()) == [{"state": "done"}]


def test_places_of_dead_objects_are_used_again() -> None:
    namespace = load("""
def run(rounds):
    for n in range(rounds):
        row = [[n], {n: n}]
    return n
""")
    most: list[int] = []

    def call() -> object:
        result = namespace["run"](2_000)
        most.append(_peek.places())
        return result

    traced = trace_call(namespace, call)
    assert traced.result.value == 1_999
    numbers = [int(n) for event in traced.events for n in event.get("heap", {})]
    assert max(numbers) > 6_000
    assert most[0] < 50
