# expect: returned (nondeterministic hash-order)
# attack: shows the order of a set and an address
# after:  the canary of the same sandbox is unchanged
# kind:   source
def f():
    return list({"ape", "bee", "cat"}), object()
