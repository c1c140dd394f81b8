# expect: returned
# attack: returns an iterator without an end: logging must not walk it
# after:  the canary of the same sandbox is unchanged
# kind:   source
def f():
    return iter(list, 1)
