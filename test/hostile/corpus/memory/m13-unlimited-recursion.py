# expect: events-exceeded
# attack: recursion with the limit lifted
# after:  the canary of the same sandbox is unchanged
# cpu:    10000
import sys

sys.setrecursionlimit(10**9)


def down(level):
    return down(level + 1)


down(0)
