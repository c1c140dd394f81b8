"""Programs on which the two backends once differed, made small. Each stays a case by its name."""

import parity_foreign

FOUND = {
    **parity_foreign.CASES,
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
