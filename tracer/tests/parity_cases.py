"""Programs that show one thing each, and those on which the backends once differed, made small."""

import parity_ends
import parity_foreign
import parity_short
from programs import programs

FOUND = {
    **parity_ends.CASES,
    **parity_foreign.CASES,
    **parity_short.CASES,
    # Untraced code changes what it was not given: reached by operators, attributes, hooks, ends.
    **programs("untraced"),
    # The same by what is in C, or by a dict that several have.
    **programs("unforeseen"),
    # What an instruction does follows from what was known, or nearly.
    **programs("known"),
    # What was found by attacks on all of these.
    **programs("attacked"),
    "iterators that put the next items into the tuple that they gave": """
import itertools
def run():
    for i, x in enumerate([[1], [2], [3]]): y = x
    for i, x in {1: [2], 3: 4, 5: [6]}.items(): y = x
    for i, x in zip([[1], 2, [3]], [1, 2, 3]): y = x
    for i, x in itertools.product([[1], 2], [3, [4]]): y = x
    it = enumerate([[1], [2], [3]])
    return [next(it)[1] for _ in range(3)], [list(p) for p in zip([[1], 2], [3, [4]])]
""",
    "an iterator that a call with a star takes apart": """
import itertools
class Once:
    def __init__(self): self.n = 0
    def __iter__(self): return self
    def __next__(self):
        self.n += 1
        if self.n > 1: raise KeyError(self.n)
        return self.n
def take(*v):
    return v
def run():
    v = itertools.cycle(Once())
    try:
        take(*v)
    except KeyError:
        return v
""",
    "a tuple that had a name before its iterator was met": """
def run():
    for pair in enumerate(([1], "K", None, 4)):
        n = len(pair)
    for pair in {1: [2], 3: 4, 5: 6, 7: 8}.items():
        n = len(pair)
""",
    "the dict of a function, and a range beyond all digits": """
def f():
    pass
def run():
    d = f.__dict__
    d["z"] = f
    e = [range(10 ** 5000)]
    d["y"] = e
    return e
""",
    "an object that is changed and let go on one line": """
class E(Exception):
    pass
def group():
    try:
        raise ExceptionGroup("g", [E()])
    except* E:
        pass
def run():
    for i in range(3):
        x = [i]
        y = {}
        z = i
        x.append(i); x = None
        y[1] = 2; y = None
    group(), group()
""",
    "a slice takes what an iterator of the library gives": """
import itertools
def fails():
    yield 1
    raise KeyError
def run():
    out = []
    for step in (None, 1):
        q = [0, 0]
        try:
            q[0:2:step] = itertools.cycle(fails())
        except KeyError as e:
            out.append(e)
    return out
""",
    "the dict of an instance that has none at first": """
class S:
    __slots__ = ("a",)
class T(S):
    __slots__ = ("__dict__", "__weakref__")
class A:
    pass
def run():
    t, a = T(), A()
    z = 1
    vars(t)["g"] = 1
    vars(a)[1] = 1
    d = vars(a)
    e = vars(t)
    d["k"] = 2
    e["k"] = 3
    return t, a
""",
    "a text that is cut while another thread could run": """
import threading
def work(out):
    x = "ab" * 5100
    x += "c"
    out.append(x)
def run():
    out = []
    t = threading.Thread(target=work, args=(out,))
    t.start()
    t.join()
    return out
""",
    "a throw passes through a generator that delegates": """
def inner():
    try:
        yield 1
    except ValueError:
        yield 2
def outer():
    yield from inner()
class Odd:
    def __iter__(self):
        return self
    def __next__(self):
        return 3
    def throw(self, *error):
        return len(error)
def over(it):
    yield from it
def run():
    g = outer()
    next(g)
    a = g.throw(ValueError(1))
    h = over(Odd())
    next(h)
    return a, h.throw(ValueError(2))
""",
    "an address in a short string, in bytes and beside another letter": """
import io
def run():
    a = repr(io.BytesIO())
    a = len(a)
    b = repr(object()).encode()
    b = len(b)
    c = "é" + repr(object())
    c = len(c)
    return a, b, c
""",
    "a subclass of complex": """
class C(complex):
    pass
def run():
    c = C(1.5, -0.0)
    return C(float("nan"), 2)
""",
    "an object that is first seen in its own finaliser": """
class K:
    def __del__(self):
        held = self
class D:
    def __init__(self):
        self.v = []
def look(*args, **named):
    return args, named
def run():
    K()
    a = list(map(lambda q: D(), [1]))
    look(**{})
    K()
    return a, D()
""",
    "functions with type parameters": """
def outer[T](x: T) -> T:
    def inner[é](y: é) -> é:
        return y
    return inner(x)
def run():
    def local[Z](z: Z) -> Z:
        return z
    class Box[V]:
        def get(self, v: V) -> V:
            return v
    return outer(1), local([2]), Box().get(3)
""",
    "a metaclass with hash and comparison of its own": """
calls = []
class Meta(type):
    def __hash__(cls):
        calls.append("hash")
        return 1
    def __eq__(cls, other):
        calls.append("eq")
        return cls is other
class L(list, metaclass=Meta):
    pass
class T(str, metaclass=Meta):
    pass
def run():
    x = L([1])
    x.append(T("a"))
    y = (x, T("b"))
    return len(calls), y
""",
    "iterators of a set and of a dict that changed size": """
class S(set):
    pass
def run():
    out = []
    for made in (S({1}), {1}, {1: 1}, {1: 1}.keys()):
        try:
            for q in made:
                made.add(99) if isinstance(made, set) else made.update({99: 1})
        except (RuntimeError, AttributeError) as e:
            out.append(e)
    return out
""",
    "a memoryview that is released": """
def run():
    b = bytearray(b"ab")
    v = memoryview(b)
    w = v[1:]
    w.release()
    v.release()
    return v
""",
    "a thread after another one has ended": """
import threading
def work(out):
    out.append(1)
def run():
    out = []
    for _ in range(2):
        t = threading.Thread(target=work, args=(out,))
        t.start()
        t.join()
        t = None
    return out
""",
}

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
