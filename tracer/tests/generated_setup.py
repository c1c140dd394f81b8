"""What every generated program begins with: classes, helpers and shared objects of all kinds."""

from generated_hostile import HOSTILE

_CLASSES = """
import array, asyncio, bisect, collections, contextlib, copy, dataclasses, datetime, decimal, enum
import fractions, functools, heapq, io, itertools, math, operator, pathlib, re, string, sys, types
import uuid, weakref
from collections import deque, defaultdict, Counter, OrderedDict, namedtuple
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

P = namedtuple("P", "x y")
G = 0
GL = []
GX = None

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
    @size.setter
    def size(self, n):
        del self.items[n:]
    @functools.cached_property
    def lazy(self):
        return [self.v]
    @classmethod
    def make(cls, v=1):
        return cls(v)
    @staticmethod
    def plain(v):
        return [v]
    def __add__(self, other):
        return A(self.v)
    def __iadd__(self, other):
        self.items.append(other)
        return self
    def __iter__(self):
        yield from self.items
    def __getitem__(self, key):
        return self.items[key]
    def __setitem__(self, key, value):
        self.items[key:key] = [value]
    def __delitem__(self, key):
        del self.items[key]
    def __contains__(self, item):
        return item is self.v
    def __call__(self, *args, **named):
        return args, named
    def __enter__(self):
        return self
    def __exit__(self, kind, error, trace):
        return kind is not None

class S:
    __slots__ = ("a", "b")

class T(S):
    __slots__ = ("c", "__dict__", "__weakref__")
    def __init__(self, c=None):
        self.c = c

class B(A):
    k2 = ()
    def push(self, v):
        return super().push([v])
    def __len__(self):
        return len(self.items)
    def __bool__(self):
        return self.v != 0
    def __eq__(self, other):
        return type(other) is B and self.v == other.v
    __hash__ = None

class M(list):
    pass

class MD(dict):
    def __missing__(self, key):
        self[key] = made = [key]
        return made

class MS(set):
    pass

class MF(frozenset):
    pass

class MT(tuple):
    __slots__ = ()

class MI(int):
    pass

class MX(float):
    pass

class MC(complex):
    pass

class MStr(str):
    pass

class MB(bytes):
    pass

class MQ(deque):
    pass

class Color(enum.Enum):
    RED = 1
    BLUE = [2]

class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2

class Flags(enum.Flag):
    X = 1
    Y = 2

class Meta(type):
    def __new__(mcs, name, bases, space, **named):
        made = super().__new__(mcs, name, bases, space)
        made.born = [name]
        return made
    def __init__(cls, name, bases, space, **named):
        super().__init__(name, bases, space)
    def __len__(cls):
        return len(cls.born)

class WithMeta(metaclass=Meta, tag=1):
    z = 3

class Described:
    def __set_name__(self, owner, name):
        self.name = "_" + name
    def __get__(self, item, owner=None):
        return self if item is None else item.__dict__.get(self.name, 0)
    def __set__(self, item, value):
        item.__dict__[self.name] = value
    def __delete__(self, item):
        del item.__dict__[self.name]

class Owner:
    d = Described()
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return name

class Sub:
    made = []
    def __init_subclass__(cls, **named):
        cls.made.append(cls.__name__)
    def __class_getitem__(cls, item):
        return (cls, item)

@dataclass
class D:
    x: int = 1
    t: list = field(default_factory=list)

@dataclass(frozen=True, slots=True)
class F:
    x: int = 1
    y: object = None

class E(Exception):
    pass

class E2(E, ValueError):
    def __init__(self, *args, note=None):
        super().__init__(*args)
        self.note = note

class W:
    def __init__(self, eat):
        self.eat = eat
    def __enter__(self):
        return self
    def __exit__(self, t, v, tb):
        return self.eat
    async def __aenter__(self):
        return [self]
    async def __aexit__(self, t, v, tb):
        return self.eat

class Q:
    def __init__(self, k):
        self.k = k
    def __add__(self, other):
        if self.k > 2:
            raise E("far", self.k)
        return Q(self.k + 1)
    def __float__(self):
        return float(self.k)

class It:
    def __init__(self, n=2):
        self.n = n
    def __iter__(self):
        return self
    def __next__(self):
        self.n -= 1
        if self.n < 0:
            raise StopIteration
        return self.n

class Trip:
    n = 0
    def __iter__(self):
        return self
    def __next__(self):
        self.n += 1
        if self.n > 2:
            raise E("trip", self.n)
        return self.n

class Seq:
    def __len__(self):
        return 2
    def __getitem__(self, at):
        if at > 1:
            raise IndexError(at)
        return [at]

class AIt:
    def __init__(self, n=2):
        self.n = n
    def __aiter__(self):
        return self
    async def __anext__(self):
        self.n -= 1
        if self.n < 0:
            raise StopAsyncIteration
        return self.n

class Aw:
    def __init__(self, v=None):
        self.v = v
    def __await__(self):
        got = yield self.v
        return [got]
"""

_HELPERS = """
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

def fails(n=2):
    for i in range(n):
        yield i
    raise E("fails")

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

def take(*args, **named):
    return args, named

def keyed(a, /, b=2, *rest, c=3, **more):
    return a, b, rest, c, more

def plainly(a, b=[]):
    b.append(1)
    return a

def wrap(f):
    @functools.wraps(f)
    def inside(*args, **named):
        return f(*args, **named)
    return inside

def counter(n=0):
    def bump(by=1):
        nonlocal n
        n = [n, by] if by is None else by
        return n
    def read():
        return n
    return bump, read

def gyield(v):
    got = yield v
    return got

def gfrom(v):
    r = yield from v
    return r

async def cawait(v):
    r = await v
    return r

async def cfor(v):
    out = []
    async for q in v:
        out.append(q)
        if len(out) > 3:
            break
    return out

async def cwith(v):
    async with v as q:
        r = q
    return r

async def cthrow(v):
    async with W(True) as q:
        raise E(v)
    return q

async def agen(v):
    try:
        got = yield v
        yield [got]
    finally:
        GL.append(1)

async def acomp(v):
    return [q async for q in v]

async def gives(v):
    return v

def drive(co, *sent):
    out = []
    try:
        out.append(co.send(None))
        for s in sent:
            out.append(co.send(s))
        for _ in range(6):
            out.append(co.send(None))
    except StopIteration as stop:
        out.append(stop.value)
    finally:
        if hasattr(co, "close"):
            co.close()
    return out

def drive_throw(g, error):
    try:
        g.send(None)
        return g.throw(error)
    except BaseException as found:
        return found
    finally:
        g.close()

@contextlib.contextmanager
def managed(v):
    try:
        yield v
    except E:
        GL.append("managed")

def dotted(depth, leaf):
    for _ in range(depth):
        leaf = [leaf]
    return leaf
"""

SETUP = _CLASSES + _HELPERS + HOSTILE
