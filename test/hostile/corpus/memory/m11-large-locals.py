# expect: returned
# attack: a list of a million that every event sees
# after:  the canary of the same sandbox is unchanged
# kind:   source
# cpu:    10000
def f():
    many = list(range(1_000_000))
    for index in range(20):
        last = many[index]
    return last
