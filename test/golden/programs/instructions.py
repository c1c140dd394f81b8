# call: run([2, 5])
# granularity: instruction
class Thing:
    n = 0


def run(items):
    thing = Thing()
    for index in range(len(items)):
        items[index] += 1
    if items and thing.n < 3:
        thing.n = f"{items[0]!r}"
    else:
        thing = None
    pairs = {n: -n for n in items}
    first, *rest = items
    return (first, rest, pairs)
