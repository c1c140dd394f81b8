# call: run()
# Names: cells, globals, deletion, assignment in expressions, comprehensions.

LEVEL = "low"


# 1. `total` is one cell: each change shows in `add` on its line, and in `ledger` at its next event.
def ledger():
    total = 10

    def add(amount):
        nonlocal total
        total += amount

    add(5)
    add(-3)
    return total


# 2. All three functions read the last value of `step`, since a cell is read when it is called.
def late():
    readers = []
    for step in "xyz":
        readers.append(lambda: step)
    return [read() for read in readers]


# 3. LEVEL is among the globals from the first call that names it, and changes in the frame that stores it.
def raise_level():
    global LEVEL
    LEVEL = "high"


def watch_level():
    before = LEVEL
    raise_level()
    return before, LEVEL


# 4. The deleted name stands in `unset`; reading it raises here and is handled here.
def deleted_local():
    ticket = "T1"
    del ticket
    try:
        ticket.lower()
    except UnboundLocalError as error:
        found = error.name
    return found


# 5. The emptied cell is unset in the frame that owns it; the function that reads it raises and is unwound.
def deleted_cell():
    stock = 4

    def left():
        return stock - 1

    del stock
    try:
        return left()
    except NameError as error:
        return type(error) is NameError


# 6. The name of a handler is the exception while it runs and has no value after it.
def handler_name():
    problem = "none"
    try:
        int("x1")
    except ValueError as problem:
        told = len(problem.args)
    return "problem" in locals(), told


# 7. Each test binds `size` on the line of the loop, together with what pop does to the list.
def walrus_test():
    queue = ["", "ab", "abcd"]
    while size := len(queue.pop()):
        longest = size
    return size, longest


# 8. `seen` is bound in the function by the comprehension; its own variable is `<comp>.item`.
def walrus_comprehension():
    doubled = [seen := item * 2 for item in (3, 4)]
    return seen, doubled


# 9. The function's own `name` keeps its value and is never told again while the comprehension runs.
def comprehension_variable():
    name = "outer"
    lengths = {name: len(name) for name in ["a", "bcd"]}
    return name, lengths


# 10. Nested comprehensions are lines of this frame, without a call; both variables are the comprehension's.
def nested_comprehension():
    return [(row, [row + column for column in (0, 1)]) for row in (10, 20)]


def run():
    ledger()
    late()
    watch_level()
    deleted_local()
    deleted_cell()
    handler_name()
    walrus_test()
    walrus_comprehension()
    comprehension_variable()
    nested_comprehension()
