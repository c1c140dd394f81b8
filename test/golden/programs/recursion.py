# call: run(4)
def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    return False if n == 0 else even(n - 1)


def factorial(n):
    r = 1 if n < 2 else n * factorial(n - 1)
    return r


def run(n):
    return even(n), factorial(n)
