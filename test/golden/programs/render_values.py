# call: run()
# Values as Python writes them: each name holds one, and its text under the same name with `_text`.
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction


class Color(Enum):
    RED = 1


@dataclass
class Point:
    x: int
    y: list


Pair = namedtuple("Pair", "left right")


def run():
    loop = [1]
    loop.append(loop)
    ring = {"self": None}
    ring["self"] = ring
    values = [
        [1, "a", None, (2,), (3, [4])],
        {"k": {1: b"x"}, (1, 2): 3.5},
        set(),
        {7},
        frozenset(),
        frozenset({8}),
        Counter("abbb"),
        OrderedDict(a=1),
        defaultdict(list, {"a": [1]}),
        deque([1, 2], maxlen=3),
        Pair(1, [2]),
        Point(1, [2]),
        Color.RED,
        Decimal("1.10"),
        Fraction(1, 3),
        range(0, 10, 3),
        slice(1, None),
        bytearray(b"ab"),
        ValueError("bad", 1),
        {"a": 1}.keys(),
        {"a": 1}.items(),
        loop,
        ring,
    ]
    texts = [repr(value) for value in values]
    return texts
