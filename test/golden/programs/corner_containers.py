# call: run()
# limits: {"containerItems": 8}
# Containers: cut, circular, of bytes, unordered, with keys that are equal.
import array


# 99. What is cut stands as length and digest; a change in it is a `rest` operation.
def big():
    numbers = list(range(3000))
    numbers[2000] = -1
    numbers[3] = -3
    del numbers[8:]
    return sum(numbers)


# 100. A list and a dict that hold themselves are written by number.
def circular():
    ring = ["r"]
    ring.append(ring)
    family = {"child": {}}
    family["child"]["parent"] = family
    return ring[1][1] is ring, len(family)


# 103. Bytes are no text; array and bytearray change in place, and the view of them is over them.
def bytes_like():
    raw = bytes([0, 39, 255])
    numbers = array.array("d", [0.5, 1.5])
    view = memoryview(numbers)
    view[1] = -2.5
    text = bytearray(raw)
    text += b"end"
    return raw, numbers.tolist(), bytes(text)


# 104. Members are written in one order, whatever the order of the set.
def unordered():
    names = {"pear", "fig", ("kiwi", 1)}
    frozen = frozenset([8, -1, 3.5])
    names.discard("fig")
    return len(names), sorted(frozen)


# 105. Equal keys are one key, the first, which gets new values.
def equal_keys():
    votes = {0: "int"}
    votes[False] = "bool"
    votes[-0.0] = "float"
    votes[0j] = "complex"
    return votes


def run():
    big()
    circular()
    bytes_like()
    unordered()
    equal_keys()
