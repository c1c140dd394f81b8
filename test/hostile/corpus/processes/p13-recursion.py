# expect: raised
# attack: plain endless recursion
# after:  the canary of the same sandbox is unchanged
def again(n):
    return again(n + 1)


again(0)
