# expect: fuel-exceeded
# attack: the module never gets to its function
# after:  the canary of the same sandbox is unchanged
# kind:   source
while True:
    pass


def f():
    return 1
