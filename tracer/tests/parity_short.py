"""What the short way of events takes for granted: where activations begin, methods, dicts."""

CASES = {
    "functions of one line and without lines": """
def one(a, b=2): c = a + b; return c * b
def named(a): return (b := a + 1) + b
pick = lambda a, *rest, k=1: (n := len(rest)) + a + k
def bare(a):
    b = a + 1
    c = b * 2
    return b, c
bare.__code__ = bare.__code__.replace(co_linetable=b"")
def run():
    out = []
    for i in range(3):
        out.append((one(i), named(i), pick(i, 1, 2), bare(i)))
    return out
""",
    "cells and defaults where activations begin": """
def outer(n, xs=[]):
    def inner(by=n):
        nonlocal n
        n += by
        xs.append(n)
        return n
    m = n
    return inner
def recur(n, seen):
    seen = seen + [n]
    return seen if n == 0 else recur(n - 1, seen)
def several(*args, a, b=3, **rest):
    return args, a, b, rest
def steps(n):
    n += 1
    yield n
    got = yield n * 2
    return got
async def later(n):
    m = n
    return m
def run():
    add = outer(3)
    coroutine = later(4)
    try:
        coroutine.send(None)
    except StopIteration as end:
        last = end.value
    gen = steps(1)
    found = [add(), add(2), recur(3, []), several(1, a=2, c=4), next(gen), next(gen)]
    try:
        gen.send(9)
    except StopIteration as end:
        found.append(end.value)
    return found, last
""",
    "a handler of a signal where a call begins": """
import signal
count = 0
seen = []
it = iter(range(100))
def on_signal(number, frame):
    global count
    count += 1
    next(it)
    seen.append(frame.f_lineno)
    if "n" in frame.f_locals:
        frame.f_locals["n"] = frame.f_locals["n"] + 100
def called(n):
    m = n
    return m
def run():
    signal.signal(signal.SIGUSR1, on_signal)
    out = []
    for i in range(4):
        signal.raise_signal(signal.SIGUSR1); out.append(called(i))
        out.append(count)
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    return out, seen
""",
    "methods of literals, of classes of their own, and of what has none": """
class Own(list):
    @property
    def pop(self):
        global touched
        touched += 1
        return super().pop
class Table(dict):
    def get(self, key):
        self[key] = 1
        return super().get(key)
class Text(str):
    def upper(self):
        return [self]
touched = 0
def run():
    out = []
    own, table = Own([1, 2, 3]), Table()
    for text in ("ab", Text("cd"), "a" * 40, "é"):
        out.append(text.upper())
        out.append([3, 1].copy())
        out.append({text: 1}.get(text))
        out.append("x".join([text, text]).split("x"))
        out.append(table.get(text))
    out.append((own.pop(), own.pop(), touched))
    for v in (1, None, [], {}, "s"):
        try:
            out.append(v.missing())
        except AttributeError as error:
            out.append(str(error))
    xs = [2, 1]
    xs.sort(); xs.append(xs); xs.pop(); xs.clear()
    return out
""",
    "look-ups in dicts whose keys compare by themselves": """
changed = 0
class Key(str):
    def __eq__(self, other):
        global changed
        changed += 1
        return str.__eq__(self, other)
    def __hash__(self):
        return str.__hash__(self)
class Odd:
    def __hash__(self):
        return hash("a")
    def __eq__(self, other):
        global changed
        changed += 10
        return False
class Missing(dict):
    def __missing__(self, key):
        global changed
        changed += 100
        return key * 2
def run():
    out = []
    tables = [{"a": 1, "b": [2]}, {Key("a"): 3}, {Odd(): 4, "a": 5}, Missing(b=6)]
    tables += [{1: "one", True: 2, 1.5: 3}, {}]
    for table in tables:
        for key in ("a", "b", Key("a"), 1, None, (1, 2)):
            is_in = key in table
            has = is_in or isinstance(table, Missing)
            out.append((is_in, table[key] if has else None, changed))
    out.append({"a": [1]}["a"])
    out.append("a" in {"a": 1})
    out.append({"k": {"k": 7}}["k"]["k"])
    try:
        [] in tables[0]
    except TypeError as error:
        out.append(str(error))
    try:
        tables[0]["c"]
    except KeyError as error:
        out.append(error.args)
    return out
""",
    "one object several times among what is taken": """
def many(*args):
    return len(args)
def run():
    x = [1]
    d = {"d": x}
    out = [many(x, x, x), many(x, d, x, d), many(many, many), [x, x, x] == [x, x]]
    out += [x + x, x == x, x is x]
    out.append(many([x], [x], d["d"], d["d"]))
    a = b = [2]
    a, b, c = b, a, a
    del a, b
    out.append(many(c, c))
    del x, d
    return out, many(*[c, c])
""",
    "short strings of each length": """
def run():
    out = []
    text = "abcdefghijklmnopqrstuvwxyz0123456789"
    for n in range(len(text)):
        part = text[:n]
        other = text[n:n * 2]
        again = "".join(list(part))
        out.append(part == again)
        table = {part: n, other: -n}
        table[again] = table[part] + 1
        out.append(table.get(again, "\\0"))
        last = part[-1:]
    return out, last
""",
}
