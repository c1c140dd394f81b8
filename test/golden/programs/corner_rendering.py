# call: run()
# Values of all sorts, shown without a call into the program.
from collections import Counter, OrderedDict, namedtuple
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction


class Shy(dict):
    def __len__(self):
        return 0

    def __iter__(self):
        return iter(())

    def items(self):
        return []


class Suit(Enum):
    CLUBS = "c"
    HEARTS = "h"


Point = namedtuple("Point", "x y")


# 106. The type is part of the value; contents come from the storage of the built-in base.
def subclasses():
    shy = Shy(real=1)
    point = Point(1, y=[2])
    suit = Suit.HEARTS
    counts = Counter("abca")
    ordered = OrderedDict(b=1, a=2)
    ordered.move_to_end("b")
    return len(shy), point.x, suit.value, counts["a"], list(ordered)


# 107. Functions, classes, modules and their instances have names and numbers, no addresses.
def named_things():
    double = lambda number: number * 2
    kind = type("Kind", (list,), {"limit": 3})
    made = kind("k")
    method = made.append
    method(double(1))
    return kind.__name__, made


# 108. A repr that raises, or never ends, is not called.
class Loud:
    calls = 0

    def __repr__(self):
        Loud.calls += 1
        while True:
            Loud.calls += 1


def loud():
    one = Loud()
    several = {"a": one, "b": [one, one]}
    return Loud.calls, len(several)


# 109. The type is read from the object, and identity decides what changed.
class Liar:
    __class__ = property(lambda self: str)
    __dict__ = property(lambda self: {"false": True})

    def __eq__(self, other):
        return True

    def __hash__(self):
        raise TypeError


def liars():
    liar = Liar()
    liar = Liar()
    return liar == "anything"


# 110. Known immutable library types are written exactly; Fraction by its fields, slice by its links.
def library_numbers():
    price = Decimal("-0.10")
    third = Fraction(2, 6)
    day = date(2023, 12, 31) + timedelta(days=1, seconds=1)
    whole, some, every, rest = range(9, 0, -4), slice(None, 5), ..., 2 - 1j
    return price * 2, third + 1, day.year


def run():
    subclasses()
    named_things()
    loud()
    liars()
    library_numbers()
