# call: f(2)
def f(n):
    if n < 2:
        return n
    return n * f(n - 1)
