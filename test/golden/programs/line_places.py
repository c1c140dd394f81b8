# call: run([3, 0, 2])
def either(a, b, c):
    return (
        (a == b
         and b == c)
        or (b != c
            and c == c)
    )


def found(xs, ys):
    return [
        x
        for x in xs
        if x == 3 or (x == 2 and x in ys)
    ]


def take(xs):
    for x in xs:
        try:
            if x == 0:
                continue
            if not xs:
                break
        finally:
            xs = xs[:1]
        xs = []
    return xs


def one_line(xs):
    while xs: xs = xs[1:]
    return [x for x in (1, 2) if x > 1] and [x for x in (1, 2) if x > 2]


def run(xs):
    same = either(1, 1, 1), either(1, 2, 2), either(1, 1, 2)
    return same, found(xs, [2]), take(xs), one_line(xs)
