# call: run()
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple


class Base:
    shared = []
    made = 0

    def __init__(self, name):
        self.name = name
        self.__hidden = 1
        Base.made += 1

    @property
    def size(self):
        return len(self.name)


class Child(Base):
    def __init__(self, name):
        super().__init__(name)
        self.extra = None


class Slots:
    __slots__ = ("b", "a")


@dataclass
class Point:
    x: int
    tags: list = field(default_factory=list)


class Pair(NamedTuple):
    left: int
    right: object


class Color(Enum):
    RED = 1


def run():
    child = Child("c")
    child.shared.append(child.size)
    del child.extra
    child.__class__ = Base
    slots = Slots()
    slots.a = 1
    slots.b = [2]
    del slots.a
    point = Point(1)
    point.tags.append(Color.RED)

    class Local:
        k = 1
        double = k * 2

    pair = Pair(Local.double, child)
    return point, pair.left, slots.b
