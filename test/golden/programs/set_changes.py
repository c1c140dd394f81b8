# call: run()
from collections import deque


def run():
    numbers = {3, 1}
    numbers |= {2}
    numbers.discard(3)
    letters = {"b", "a"}
    frozen = frozenset(letters)
    letters.add("c")
    letters -= {"a"}
    queue = deque([1, 2, 3], maxlen=3)
    queue.append(4)
    queue.rotate(1)
    numbers.clear()
    return sorted(letters), frozen, list(queue)
