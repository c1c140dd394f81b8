# call: f(0)
def f(x):
    y = 1 / x
    return y
