# call: run(3)
def run(count):
    x = "kept"
    squares = [
        x * x
        for x in range(count)
        if x != 1
    ]
    grid = [[r * c for c in range(2)] for r in range(2)]
    index = {k: v for v, k in enumerate("ab")}
    seen = {last := n for n in squares}
    calls = [f() for f in [lambda: i for i in range(2)]]
    total = sum(y for y in squares)
    return x, squares, grid, index, seen, last, calls, total
