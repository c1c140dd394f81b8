# call: run()
# Changes in place, whoever makes them and however many names the object has.
import bisect
import heapq
from collections import defaultdict
from functools import partial


# 49. The change is told once, of the object; both names keep its number.
def alias():
    mine = {"n": 1}
    yours = mine
    yours["n"] = 2
    return mine


# 50. The rows of the grid are one object, changed once.
def shared_row():
    row = ["."] * 2
    grid = [row, row]
    grid[1][0] = "#"
    return grid


# 51. The change is told in the callee; the caller stores nothing.
def fill(target):
    target.add("new")


def callee_changes():
    bag = {"old"}
    fill(bag)
    return len(bag)


# 52. += changes a list in place, and gives a tuple that holds it a successor.
def augmented():
    numbers = kept = [1]
    numbers += (2,)
    pair = before = (kept,)
    pair += (3,)
    return kept, before, pair


# 53. Four changes of one list: a splice, a deletion at the start, sorted places, reversed places.
def shapes():
    letters = list("dcba")
    letters[1:3] = "xyz"
    del letters[0]
    letters.sort()
    letters.reverse()
    return letters


# 54. While it sorts itself the list looks empty to the key function.
def sorted_by_itself():
    words = ["bb", "a"]
    lengths = []

    def key(word):
        lengths.append(len(words))
        return len(word)

    words.sort(key=key)
    return words, lengths


# 55. The view is one object over the dict, which is what changes.
def live_view():
    ages = {"ann": 1}
    values = ages.values()
    ages.setdefault("bob", 2)
    ages |= {"cy": 3}
    ages.pop("ann")
    ages.update(bob=9)
    return list(values)


# 56. A read that writes: the default is made and stored.
def reading_writes():
    groups = defaultdict(set)
    size = len(groups["empty"])
    return size, len(groups)


# 57. C functions write into their arguments.
def written_by_c():
    heap = [9, 4, 7]
    heapq.heapify(heap)
    least = heapq.heapreplace(heap, 5)
    bisect.insort(heap, 6)
    return least, heap


# 58. The target is hidden in a bound method and in a partial.
def hidden_target():
    seats = ["a"]
    extend = seats.extend
    extend("bc")
    swap = partial(seats.__setitem__, 0)
    swap("z")
    return seats


def run():
    alias()
    shared_row()
    callee_changes()
    augmented()
    shapes()
    sorted_by_itself()
    live_view()
    reading_writes()
    written_by_c()
    hidden_target()
