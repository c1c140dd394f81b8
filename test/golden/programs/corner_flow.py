# call: run()
# Which lines run, in which order.


# 20. The return of `try` is no event; the one of `finally` is.
def overridden_return():
    try:
        return "first"
    finally:
        return "second"


# 21. `count` changes after the returned value was taken.
def late_change():
    count = 3
    try:
        return count
    finally:
        count = 0


# 22. The header has an event per round and one for the end; `else` runs only where nothing broke out.
def for_else():
    found = []
    for word in ("abc", "xyz"):
        for letter in word:
            if letter == "b":
                break
        else:
            found.append(word)
    return found


# 23. The test that fails is an event; the word `else` is none.
def while_else():
    left = 2
    while left:
        left -= 1
    else:
        left = -1
    return left


# 24. The header without a test has an event for each round.
def forever():
    rounds = 0
    while True:
        rounds += 1
        if rounds == 3:
            return rounds


# 25. The header of `with` is visited again for the exit, which gets three times None.
class Opened:
    def __enter__(self):
        return "handle"

    def __exit__(self, kind, error, trace):
        return None


def with_twice():
    with Opened() as handle:
        size = len(handle)
    return size


# 26. The exception enters the exit of `with` (handled) and ends there: the frame is not unwound.
class Quiet:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        return kind is KeyError


def with_quiet():
    with Quiet():
        {}["missing"]
    return "went on"


# 27. Names that a pattern bound stay bound where the guard fails.
def guard_fails():
    point = [3, 4]
    match point:
        case [x, y] if x > y:
            return "right"
        case [x, *_]:
            return x, y


# 28. `continue` goes to the inner header.
def inner_continue():
    pairs = []
    for a in "pq":
        for b in "pq":
            if a == b:
                continue
            pairs.append(a + b)
    return pairs


# 29. Three statements of a line are one event, and what lies between them is not seen.
def one_line():
    x = "a"; y = x * 2; x = None
    return x, y


# 30. The suite on the line of its header has no event of its own.
def one_line_suite():
    size = 5
    if size > 3: size = 3
    if size > 3: size = 0
    return size


def run():
    overridden_return()
    late_change()
    for_else()
    while_else()
    forever()
    with_twice()
    with_quiet()
    guard_fails()
    inner_continue()
    one_line()
    one_line_suite()
