# call: run()
# Each iterator of itertools at three moments: made, after two items, and where it ends exhausted.
import itertools as it


def counting():
    whole = it.count(10, 5)
    part = it.count(0, 0.5)
    huge = it.count(2**63 - 2)
    some = it.repeat("r", 3)
    ever = it.repeat(None)
    for _ in range(2):
        taken = next(whole), next(part), next(huge), next(some), next(ever)
    last = list(some)
    return taken, last


def repeating():
    ring = it.cycle(iter("ab"))
    taken = next(ring), next(ring)
    taken = next(ring)
    taken = next(ring)
    none = it.cycle(())
    last = list(none)
    return taken, last


def cutting():
    slices = it.islice("abcdefgh", 1, 7, 3)
    taken = next(slices)
    taken = next(slices)
    last = list(slices)
    batches = it.batched([1, 2, 3], 2)
    taken = next(batches)
    last = list(batches)
    pairs = it.pairwise("xyz")
    taken = next(pairs)
    last = list(pairs)
    return taken, last


def joining():
    chain = it.chain("ab", [1])
    taken = next(chain)
    taken = next(chain), next(chain)
    last = list(chain)
    zipped = it.zip_longest("abc", [1], fillvalue="-")
    taken = next(zipped)
    taken = next(zipped)
    last = list(zipped)
    return taken, last


def choosing():
    product = it.product("ab", (1, 2))
    some = it.permutations([1, 2, 3], 2)
    pairs = it.combinations("xyz", 2)
    again = it.combinations_with_replacement("xy", 2)
    for _ in range(2):
        taken = next(product), next(some), next(pairs), next(again)
    last = [len(list(each)) for each in (product, some, pairs, again)]
    return taken, last


def sieving():
    is_odd = (1).__and__
    head = it.takewhile(is_odd, [1, 3, 4, 5])
    tail = it.dropwhile(is_odd, [1, 4, 5])
    rest = it.filterfalse(is_odd, [1, 2, 4])
    kept = it.compress("abc", [0, 1, 1])
    powers = it.starmap(pow, [(2, 3), (3, 2)])
    sums = it.accumulate([1, 2, 3], initial=10)
    most = it.accumulate([3, 5, 4], max)
    taken = next(head), next(tail), next(rest), next(kept), next(powers), next(sums), next(most)
    taken = next(head), next(tail), next(rest), next(kept), next(powers), next(sums), next(most)
    last = list(head), list(tail), list(rest), list(kept), list(powers), list(sums), list(most)
    return taken, last


def grouping():
    groups = it.groupby("aab", str.upper)
    key, group = next(groups)
    taken = next(group)
    other = next(groups)
    last = list(group), list(other[1]), list(groups)
    return key, taken, last


def copying():
    one, two = it.tee(iter(range(100)))
    taken = next(one)
    taken = sum(it.islice(one, 60))
    taken = next(two)
    last = sum(two)
    return taken, last


def run():
    counting()
    repeating()
    cutting()
    joining()
    choosing()
    sieving()
    grouping()
    copying()
