# call: run()
# Iterators are shown and never advanced.


# 92. Position and rest of list, generator and zip iterators; the generator is shown by its line.
def unconsumed():
    source = iter(["a", "b", "c"])
    next(source)
    upper = (letter.upper() for letter in source)
    pairs = zip(range(5, 9), upper)
    first = next(pairs)
    return first, list(pairs)


# 93. Adding to a dict while it is iterated raises in the header; looking at it has changed nothing.
def changed_while_iterated():
    counts = {"x": 1, "y": 2}
    rounds = 0
    try:
        for name in counts:
            rounds += 1
            counts[name * 2] = 0
    except RuntimeError:
        return rounds, len(counts)


def run():
    unconsumed()
    changed_while_iterated()
