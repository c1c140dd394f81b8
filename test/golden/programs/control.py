# call: run((1, 2))
class Manager:
    def __enter__(self):
        return 7

    def __exit__(self, kind, error, trace):
        return kind is ZeroDivisionError


def pick(value):
    match value:
        case (a, b) if a > 5:
            return "big"
        case {"k": [first, *rest]}:
            return first, rest
        case (a, _):
            return a, b


def run(pair):
    with Manager() as number:
        number / 0
    found = [pick(pair), pick({"k": [1, 2, 3]})]
    for n in (4, 5):
        for d in range(2, n):
            if n % d == 0:
                break
        else:
            found.append(n)
    value = None and 1 or (2 if found else 3)
    a, *b, c = range(4)
    text = f"{a}{b!r:>8}"
    assert value == 2, "why"
    x = 3; y = 4
    return found, text, x if 1 < value < 3 else y
