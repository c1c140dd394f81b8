"""What every generated program begins with: classes, helpers and shared objects of all kinds."""

SETUP = """
import collections, functools, heapq, bisect, itertools, array, io, operator
from collections import deque, defaultdict, Counter, OrderedDict, namedtuple
from dataclasses import dataclass, field

P = namedtuple("P", "x y")
G = 0
GL = []

class A:
    k = []
    def __init__(self, v=0):
        self.v = v
        self.items = []
    def push(self, v):
        self.items.append(v)
        return self
    @property
    def size(self):
        return len(self.items)
    @functools.cached_property
    def lazy(self):
        return [self.v]
    def __add__(self, other):
        return A(self.v)
    def __iter__(self):
        yield from self.items

class S:
    __slots__ = ("a", "b")

class M(list):
    pass

@dataclass
class D:
    x: int = 1
    t: list = field(default_factory=list)

class E(Exception):
    pass

class W:
    def __init__(self, eat):
        self.eat = eat
    def __enter__(self):
        return self
    def __exit__(self, t, v, tb):
        return self.eat

def gen(n):
    try:
        for i in range(n):
            got = yield i
            if got:
                n = got
    finally:
        GL.append("end")

def inner(n):
    r = yield from gen(n)
    return r

def put(c, v):
    global G
    G += 1
    if isinstance(c, list):
        c.append(v)
    elif isinstance(c, dict):
        c[G] = v
    elif isinstance(c, (set, deque)):
        (c.add if isinstance(c, set) else c.append)(G)
    return c

def rec(n, acc):
    if n <= 0:
        return acc
    acc.append(n)
    return rec(n - 1, acc)
"""
