# call: run()
# Where state is kept: buffers, sets, slots, class attributes, strings, addresses.
from collections import deque
from functools import lru_cache


# 59. The header of the loop changes the list in each round.
def callable_iterator():
    stack = ["stop", "b", "a"]
    for item in iter(stack.pop, "stop"):
        last = item
    return stack, last


# 60. A store through a memoryview changes the bytearray.
def through_a_view():
    buffer = bytearray(b"....")
    window = memoryview(buffer)[1:3]
    window[0] = 0x41
    window.release()
    return bytes(buffer)


# 61. Sets tell of members that are new or gone; the deque drops at its other end.
def sets_and_deques():
    flags = {"x"}
    flags ^= {"x", "y"}
    flags.add("z")
    recent = deque("ab", maxlen=2)
    recent.append("c")
    recent.rotate()
    recent.appendleft("d")
    return sorted(flags), list(recent)


# 62. A list of the class is seen through every instance; slots are fields.
class Team:
    members = []


class Slotted:
    __slots__ = ("here", "there")


def attributes():
    one, two = Team(), Team()
    one.members.append("m")
    Team.size = 1
    place = Slotted()
    place.here = 1
    place.here += 1
    return two.members, two.size, place.here


# 63. A string that grows is a new value each time, wherever CPython keeps it.
def growing_string():
    text = "-"
    for part in ("ab", "cd"):
        text += part
    return text


# 64. New lists at an old address are new objects, with new numbers.
def address_reuse():
    numbers = []
    for value in "xy":
        holder = [value]
        holder = None
    return holder


# 65. The second call is answered by the cache: one call event.
@lru_cache(maxsize=4)
def cube(number):
    return number**3


def cached():
    return cube(2), cube(2)


def run():
    callable_iterator()
    through_a_view()
    sets_and_deques()
    attributes()
    growing_string()
    address_reuse()
    cached()
