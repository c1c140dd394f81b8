# call: run()
import itertools


def run():
    items = [10, 20, 30]
    plain = iter(items)
    next(plain)
    chained = itertools.chain(plain, "é")
    letters = iter("xyz")
    small = iter({1, 2, 3})
    next(small)
    backwards = reversed((1, 2))
    calls = iter(items.pop, 10)
    mapped = map(abs, filter(None, zip(letters, range(3))))
    sliced = itertools.islice(itertools.count(5), 2)
    found = [next(chained), next(small), next(backwards), next(calls), list(sliced)]
    pairs = enumerate(iter({"k": 1}.values()), 2**70)
    found.append(next(pairs)[1])
    return found, list(letters), mapped is None
