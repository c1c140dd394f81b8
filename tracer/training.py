"""Programs that the recorder traces while it is compiled: they show which of its paths are common.

`profiled.py` runs this file with an instrumented recorder. None of them is one of the bench.
"""

import sys
from typing import Any

from tracer import core, reference

FILENAME = "<training>"
ROUNDS = 3
LIMITS = {
    "events": 10**9,
    "stringCodePoints": 10_000,
    "stringHead": 1_000,
    "containerItems": 1_000,
    "depth": 20,
    "objectBytes": 65_536,
    "traceBytes": 1 << 28,
}

NUMBERS = """
def steps(n):
    count = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        count += 1
    return count

def run():
    best = 0
    mean = 0.0
    for i in range(1, 90):
        k = steps(i)
        mean = mean + (k - mean) / i
        if k > best:
            best = k
    return best, round(mean, 3)
"""

SEQUENCES = """
def insert(xs, v):
    xs.append(v)
    i = len(xs) - 1
    while i > 0 and xs[i - 1] > xs[i]:
        xs[i - 1], xs[i] = xs[i], xs[i - 1]
        i -= 1

def run():
    xs = []
    for n in [(7 * k * k + 3 * k) % 61 for k in range(60)]:
        insert(xs, n)
    grid = [[0] * 12 for _ in range(12)]
    for r in range(12):
        row = grid[r]
        for c, v in enumerate(xs[:12]):
            row[c] = row[c - 1] + r * v
    total = 0
    for row in grid:
        total += sum(row)
    pairs = [(a, b) for a, b in zip(xs, xs[1:]) if a != b]
    while len(xs) > 40:
        xs.pop()
    return total, pairs[-1], sorted(xs, reverse=True)[:3]
"""

TEXTS = """
LINES = [
    "alpha=1; beta = two;gamma=", "delta = 4;alpha=5 ; epsilon=six", "zeta;beta=7;;gamma = 8 ",
]

def parse(line):
    found = {}
    for part in line.split(";"):
        name, sign, value = part.partition("=")
        name = name.strip()
        if not name or not sign:
            continue
        value = value.strip()
        found[name] = int(value) if value.isdigit() else value.upper()
    return found

def run():
    seen = {}
    out = []
    for k in range(25):
        for line in LINES:
            for name, value in parse(line).items():
                seen.setdefault(name, []).append(value)
                key = f"{name}-{k % 3}"
                seen[key] = seen.get(key, 0) + 1
        text = ", ".join(sorted(seen)) + "!"
        for letter in text[:20]:
            if letter in "aeiou" and letter != "e":
                out.append(letter.upper())
        text = "".join(out).replace("A", "a")
    return len(seen), text[:10]
"""

CALLS = """
def mirror(text):
    return text if len(text) < 2 else mirror(text[1:]) + text[0]

def power(base, n):
    if n == 0:
        return 1
    half = power(base, n // 2)
    return half * half * (base if n % 2 else 1)

def squares(limit):
    k = 0
    while k * k < limit:
        yield k * k
        k += 1

def counter(step=1):
    n = 0
    def add(by=step):
        nonlocal n
        n += by
        return n
    return add

def walk(tree, depth=0):
    if isinstance(tree, tuple):
        return max(walk(part, depth + 1) for part in tree)
    return depth

def run():
    add = counter(step=2)
    total = 0
    for i in range(40):
        total += power(i, 9) % 7 + add()
        total += len(mirror("letters"[: i % 7]))
    for s in squares(900):
        total -= s
    return total, walk((1, (2, (3, 4)), (5,)))
"""

OBJECTS = """
class Account:
    def __init__(self, owner, amount):
        self.owner = owner
        self.amount = amount
        self.log = []

    def take(self, amount):
        if amount > self.amount:
            raise ValueError(f"{self.owner} has {self.amount}")
        self.amount -= amount
        self.log.append(amount)

    @property
    def is_empty(self):
        return self.amount == 0

class Saved(Account):
    rate = 2

    def grow(self):
        self.amount += self.amount * self.rate // 100
        return self

def run():
    accounts = [Account("a", 40), Saved("b", 900), Saved("c", 250)]
    refused = 0
    for day in range(40):
        for account in accounts:
            try:
                account.take(day % 11 * 5)
            except ValueError as error:
                refused += len(str(error)) % 2
            else:
                if isinstance(account, Saved):
                    account.grow()
            finally:
                day += 1
    return refused, [a.is_empty for a in accounts], {a.owner: a.amount for a in accounts}
"""

GRAPHS = """
def reach(edges, start):
    seen = {start}
    queue = [start]
    while queue:
        node = queue.pop(0)
        for other in edges.get(node, ()):
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return seen

def fill(text):
    table = {}
    for i, letter in enumerate(text):
        for j in range(i, min(i + 4, len(text))):
            key = (letter, text[j])
            table[key] = table.get(key, 0) + j - i
    return table

def run():
    edges = {}
    for n in range(30):
        edges[n] = [n * 2 % 30, (n + 7) % 30]
        if n % 5 == 0:
            del edges[n][0]
    sizes = [len(reach(edges, n)) for n in (0, 4, 9)]
    table = fill("abracadabra, hocus pocus")
    odd = {k for k, v in table.items() if v % 2}
    return sizes, len(odd), max(table.values())
"""

LARGE = """
def run():
    xs = list(range(1100))
    counts = dict.fromkeys(range(1050), 0)
    j = 7
    for i in range(60):
        j = (j * 37 + 11) % 90 + 1005
        xs[j] = xs[j] + i
        counts[j - 2] = i
        if i % 4 == 0:
            xs.append(i)
    return xs[-1], len(counts)
"""

STOCK = """
ORDERS = ["bolt", "nut", "gear", "nut", "left bracket", "bolt", "cog", "nut"]

def run():
    stock = {"bolt": 30, "nut": 45, "left bracket": 9}
    missing = {}
    for day in range(20):
        for name in ORDERS:
            if name not in stock:
                missing[name] = day
            elif stock[name] > 0:
                stock[name] -= 1
        if "gear" in missing and day % 4 == 0:
            stock["nut"] = stock["nut"] + missing["gear"]
    return sorted(missing), sum(stock.values())
"""

PROGRAMS = (NUMBERS, SEQUENCES, TEXTS, CALLS, OBJECTS, GRAPHS, LARGE, STOCK)


class _Sink:
    def append(self, record: bytes, /) -> None:
        self.size = len(record)

    def stop(self, marker: str, /) -> None:
        raise SystemExit(marker)


def trace(text: str, granularity: str) -> int:
    """Traces a program; how many bytes that gave."""
    namespace: dict[str, Any] = {"__name__": "training"}
    exec(compile(text, FILENAME, "exec"), namespace)
    sink: Any = _Sink()
    spec = reference.Spec(granularity, frozenset({FILENAME}), namespace, LIMITS)
    result = core.Recorder(spec, sink).run(namespace["run"])
    if result.outcome != "returned":
        raise SystemExit(f"a program of the training ended otherwise: {result}")
    return int(sink.size)


def main() -> None:
    """Both granularities that record names, and calls once."""
    for program in PROGRAMS:
        trace(program, "call")
        for _ in range(ROUNDS):
            trace(program, "line")
            trace(program, "instruction")


if __name__ == "__main__":
    sys.exit(main())
