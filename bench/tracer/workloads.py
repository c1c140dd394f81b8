"""The programs of the bench: name -> (text, arguments). Each text defines run()."""

INT_LOOP = """
def run(rounds):
    a = 1
    b = 0
    for i in range(rounds):
        a = (a * 31 + i) & 0xFFFFFFFF
        b = b ^ a
    return b
"""

LIST_MUT = """
def run(size, steps):
    xs = []
    for i in range(size):
        xs.append(i * 7 % size)
    j = 0
    for i in range(steps):
        j = (j * 37 + 11) % size
        xs[j] = xs[j] + i
    return xs[0]
"""

CALLS = """
def add(x, y):
    z = x + y
    return z

def twice(x):
    y = add(x, x)
    return y

def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)

def run(rounds, k):
    total = 0
    for i in range(rounds):
        total = twice(i) + total % 97
    return total + fib(k)
"""

DICT_STR = """
def run(text, rounds):
    counts = {}
    out = ""
    for r in range(rounds):
        for word in text.split():
            key = word.lower().strip(".,")
            if key in counts:
                counts[key] += 1
            else:
                counts[key] = 1
        out = ",".join(sorted(counts)[:5])
        line = f"{r}:{out}"
    return line
"""

BUBBLE = """
def run(xs):
    n = len(xs)
    swaps = 0
    for i in range(n):
        moved = False
        for j in range(n - 1 - i):
            if xs[j] > xs[j + 1]:
                xs[j], xs[j + 1] = xs[j + 1], xs[j]
                swaps += 1
                moved = True
        if not moved:
            break
    return swaps
"""

UPDATES = """
def run(xs, steps):
    n = len(xs)
    j = 0
    for i in range(steps):
        j = (j * 37 + 11) % n
        xs[j] = xs[j] + i
    return xs[0]
"""

TEXT = (
    "The quick brown fox jumps over the lazy dog, and then the dog, "
    "not so lazy after all, chases the fox across nine green fields. "
) * 2


def _noise(count):
    x, found = 12345, []
    for _ in range(count):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        found.append(x % 1000)
    return found


MAIN = {
    "int_loop": (INT_LOOP, lambda: (33333,)),
    "list_mut1000": (LIST_MUT, lambda: (1000, 4000)),
    "calls": (CALLS, lambda: (1500, 16)),
    "dict_str": (DICT_STR, lambda: (TEXT, 60)),
    "algo14k": (BUBBLE, lambda: (_noise(90),)),
}
# A list of so many elements, and two counts of updates.
STATES = {
    size: (UPDATES, lambda steps, size=size: ([1000] * size, steps), (2000, 6000))
    for size in (10, 1_000, 10_000, 100_000)
}


def _long_function(lines):
    names = [f"a{i}" for i in range(20)]
    body = [f"    {names[i % 20]} = {names[(i + 1) % 20]} + b * {i} - len(c)" for i in range(lines)]
    head = ["def run(b, c):", f"    {' = '.join(names)} = 1", "    if b:", "        return c"]
    return "\n".join([*head, *body, "    return b", ""])


# Functions of so many lines that leave at once: what is worked out of a code object before it runs.
PLANS = {lines: (_long_function(lines), lambda: (1, [2])) for lines in (10, 100, 1_000)}
