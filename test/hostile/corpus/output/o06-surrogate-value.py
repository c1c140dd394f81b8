# expect: returned
# attack: returns half of a pair
# after:  the canary of the same sandbox is unchanged
# kind:   source
def f():
    return chr(0xDFFF)
