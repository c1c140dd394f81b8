# call: f([1, 2])
def f(xs):
    ys = [x * 2 for x in xs]
    return ys
