"""Programs that make more than limits let the recorders describe."""

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
_CUTS = """
def run():
    out = []
    for v in (
        "\\x00" * 6, "'" * 5, "\\U000e0001" * 5, b"\\xff" * 9,
        10 ** 30, -10 ** 19, "abcde", 99999, -9999, 2 ** 40,
    ):
        out.append(v)
        out[-1] = [v]
        out[-1] = v
        d = {v: v, 1: v}
        d[1] = [v]
        d[v] = 3
        s = {v, 1}
        s.add(v * 2)
        t = (v, [v])
        x = v
        y = x
        y, x = x, 1
    return out, d, s, t, x, y
"""
_POSITIONS = """
import itertools
def run():
    out = []
    for i, x in enumerate("abc", 99998): out.append(i)
    for i, x in zip(itertools.count(2 ** 40), "ab"): out.append(i)
    for i, x in zip(itertools.count(10 ** 30), "ab"): out.append(i)
    for i in range(2 ** 50, 2 ** 52, 2 ** 51): out.append(i)
    return out
"""
_DEFAULTS = """
def f(a, b=[1]): return a
def run():
    x = f(1)
    f.__defaults__[0].append(2)
    y = f(2)
    return x, y
"""
_FIELDS = """
class A: pass
def run():
    a = A()
    a.p = [1]
    a.q = a.r = a.s = 2
    x = a.p
    exec("")
    y = 1
    return x, y
"""
LIMITED |= {
    "more fields than are kept": _FIELDS,
    "cuts that are longer than what they cut": _CUTS,
    "positions of iterators that would be cut": _POSITIONS,
    "what is too deep at first": _DEFAULTS,
}
SMALL = (
    ("containerItems", 8),
    ("depth", 4),
    ("objectBytes", 60),
    ("stringCodePoints", 20),
    ("stringHead", 5),
)
TINY = (
    ("containerItems", 3),
    ("depth", 1),
    ("objectBytes", 40),
    ("stringCodePoints", 4),
    ("stringHead", 2),
)
