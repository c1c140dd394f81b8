# expect: returned
# attack: a generator that runs code when it is collected
# after:  the canary of the same sandbox is unchanged
# kind:   source
def slow():
    try:
        yield 1
    finally:
        print("late")


def f():
    generator = slow()
    return next(generator)
