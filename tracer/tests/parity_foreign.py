"""Programs whose operators run code that is not traced, after operands that run none."""

# Of a text run by `exec`, so that its own steps are not seen: only what it changes is.
FOREIGN = """
space = {"log": []}
exec('''
class Foreign:
    def __init__(self, log): self.log = log
    def __add__(self, other): self.log.append('add'); return 1
    def __radd__(self, other): self.log.append('radd'); return 1
    def __lt__(self, other): self.log.append('lt'); return True
    def __gt__(self, other): self.log.append('gt'); return True
    def __eq__(self, other): self.log.append('eq'); return True
    def __hash__(self): self.log.append('hash'); return 1
    def __contains__(self, other): self.log.append('in'); return True
    def __getitem__(self, other): self.log.append('get'); return other
    def __bool__(self): self.log.append('bool'); return True
    def __neg__(self): self.log.append('neg'); return 3
    def __iter__(self): self.log.append('iter'); return self
    def __next__(self):
        self.log.append('next')
        if len(self.log) % 3 == 0: raise StopIteration
        return 4
    def __str__(self): self.log.append('str'); return 's'
    @property
    def real(self): self.log.append('attr'); return 5
''', space)
Foreign = space["Foreign"]
"""

CASES = {
    "subscripts and membership of a foreign object": FOREIGN
    + """
def run():
    log = []
    f = Foreign(log)
    out = []
    for v in [[1,2], (1, 2), f, [3, 4], f]:
        a = v[0]
        if 0 in v:
            out.append(a)
        w = v[0], v[1], 1 in v
    return out, log
""",
    "a foreign operand after plain ones": FOREIGN
    + """
def run():
    log = []
    out = []
    for v in [1, 2, Foreign(log), 3, Foreign(log)]:
        out.append(v + v)
        w = v + v + v
    return out, log
""",
    "a class with a foreign base": FOREIGN
    + """
class Own(Foreign):
    pass
def run():
    log = []
    f = Own(log)
    out = [f + f, 1 + f, f < f, f[1], -f, 1 in f]
    for v in (1, f, f):
        w = v == v
        w = v != v
    d = {}
    d[f] = 1
    e = {f: 2}
    g = {f, 3}
    h = [f].index(f)
    return out, log
""",
    "a foreign operand of a comparison": FOREIGN
    + """
def run():
    log = []
    f = Foreign(log)
    out = []
    xs = [1, 2, f, 3]
    for i in range(4):
        if xs[i] > 0:
            out.append(xs[i] < 7)
        out.append(xs[i] == 2)
    return out, log
""",
    "containers ask a foreign member": FOREIGN
    + """
def run():
    log = []
    f = Foreign(log)
    out = []
    for xs in [[1], [2], [f], [3], [f, f]]:
        if 5 in xs:
            out.append(1)
        if xs == [1]:
            out.append(2)
        s = "%s" % (xs[0],)
    return out, log
""",
    "the truth, sign, text and attribute of a foreign object": FOREIGN
    + """
def run():
    log = []
    f = Foreign(log)
    out = []
    for v in [1, 0, f, 3]:
        if v:
            out.append(1)
        x = -v
        y = not v
        s = f"{v}"
        t = v.real
    return out, log
""",
    "a foreign iterator after plain ones": FOREIGN
    + """
def run():
    log = []
    f = Foreign(log)
    out = []
    for v in [[1], (2,), f, [3]]:
        for w in v:
            out.append(w)
    return out, log
""",
    "an iterator that a method gives": FOREIGN
    + """
class Own:
    def __init__(self, f): self.f = f
    def __iter__(self): return self.f
def run():
    log = []
    f = Foreign(log)
    out = []
    for v in [[1], (2,), Own(f), [3]]:
        for w in v:
            out.append(w)
    out += [w for w in Own(f)]
    return out, log
""",
    "activations of one generator with operands of two kinds": FOREIGN
    + """
def g(v):
    while True:
        yield v + v
        yield -v
def run():
    log = []
    f = Foreign(log)
    out = []
    a, b = g(f), g(2)
    out.append(next(a))
    for i in range(5):
        out.append(next(b))
    for i in range(5):
        out.append(next(a))
    return out, log
""",
    "a foreign operand in a comprehension": FOREIGN
    + """
def run():
    log = []
    f = Foreign(log)
    out = [v + v for v in [1, 2, 3, f, 4, f]]
    out = [(v + v, v < v, -v) for v in [1, 2, 3, f, 4, f]]
    return out, log
""",
    "a foreign argument after plain ones": FOREIGN
    + """
def add(a, b):
    return a + b
def both(a, b):
    c = a + b; d = a < b
    return c, d
def run():
    log = []
    f = Foreign(log)
    out = [add(1, 2), add(3, 4), add(f, 5), both(1, 2), both(3, 4), both(6, f)]
    return out, log
""",
    "a membership test and a set operation that consume an iterator": """
def run():
    log = []
    out = []
    for xs in [[1], [2], map(log.append, [1, 2]), [3], map(log.append, [1, 2])]:
        if 5 in xs:
            out.append(1)
    d = {1: 2}.keys()
    for ys in [{1}, {2}, map(log.append, [1, 2]), {4}]:
        x = d & ys
    return out, log
""",
    "operators that a base of the library has": """
from collections import UserList, UserDict
class L(UserList):
    pass
class D(UserDict):
    pass
def run():
    a = L([1, 2])
    d = D()
    b = a.data
    for i in range(3):
        a += [i]
        a[0] = i
        d[i] = i
        if i in d:
            del d[i]
        c = a + [1]
        x = a[0]
    return b, d.data
""",
    "a global that becomes a foreign object": FOREIGN
    + """
kept = 1
def run():
    global kept
    log = []
    f = Foreign(log)
    out = []
    for i in range(6):
        out.append(kept + kept)
        if i == 3:
            kept = f
    return out, log
""",
    "a cell that becomes a foreign object": FOREIGN
    + """
def run():
    log = []
    f = Foreign(log)
    out = []
    c = 1
    def inner():
        out.append(c + c)
        return c < c
    for i in range(6):
        inner()
        if i == 3:
            c = f
    return out, log
""",
    "a name that is stored and used on one line": FOREIGN
    + """
def run():
    log = []
    f = Foreign(log)
    out = []
    v = 1
    while len(out) < 6: out.append(v + v); v = f if len(out) > 3 else 1
    v = 1
    for i in range(4):
        try:
            w = v + v
            v = f
            w = v + v; v = 1; w = v + v
            1 // (i % 2)
        except ZeroDivisionError: v = f; w = v + v
        finally: w = v + v; v = 2
    return out, log
""",
    "a name that is stored through a frame object": FOREIGN
    + """
import sys
def poke(fr, f):
    fr.f_locals["v"] = f
def run():
    log = []
    f = Foreign(log)
    out = []
    v = 1
    for i in range(6):
        out.append(v + v)
        if i == 3:
            poke(sys._getframe(), f)
    return out, log
""",
    "comparisons that dataclass writes": """
from dataclasses import dataclass
@dataclass(order=True)
class P:
    x: int
    y: list
def run():
    out = []
    for v in [P(1, [2]), P(2, [3]), P(1, [1])]:
        out.append(v == out)
        out.append(v < P(1, [3]))
        v.y.append(3)
        if v in out:
            v.x += 1
    return out
""",
    "operators in place on scalars and then on containers": """
def run():
    out = []
    for v in (1, 2, [3], "a", [4], {5}, 6):
        w = v
        if not isinstance(v, set):
            w += v
        out.append(w)
    return out
""",
    "operators in place on containers of one name": """
def run():
    out = []
    a = [1]
    s = {1}
    for v in (1, 2, a, "a", a, 6):
        w = v
        w *= 2
        out.append(w)
        v += v
        x = v
    for v in (1, s, 3, s):
        w = v
        try:
            w |= v
            w ^= {3}
            w -= {1}
        except TypeError:
            pass
    return out
""",
    "operators that a class is given while it runs": FOREIGN
    + """
class Own:
    def __init__(self, log): self.log = log
    def __add__(self, other): return 1
def run():
    log = []
    f = Own(log)
    out = []
    for i in range(6):
        out.append(f + f)
        if i == 2:
            Own.__add__ = Foreign.__add__
        if i == 3:
            Own.__eq__ = Foreign.__eq__
        out.append(f == f)
    return out, log
""",
}
