# call: run(3)
# granularity: call
def walk(n):
    if n:
        yield n
        yield from walk(n - 1)


def run(n):
    found = []
    for value in walk(n):
        found.append(value)
    try:
        found.pop(10)
    except IndexError:
        found = [found]
    return found
