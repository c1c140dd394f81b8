# call: run()
from collections import Counter, OrderedDict, defaultdict


def run():
    table = {"a": 1, "b": 2}
    keys = table.keys()
    table.setdefault("c", 3)
    table |= {"a": 10, "d": 4}
    table.pop("b")
    table[1] = "one"
    table[True] = "still one"
    first = table.pop("a")
    table["a"] = first
    groups = defaultdict(list)
    length = len(groups["missing"])
    counts = Counter("hello")
    counts.subtract("l")
    ordered = OrderedDict(x=1, y=2)
    ordered.move_to_end("x")
    table.clear()
    return list(keys), length, counts, ordered
