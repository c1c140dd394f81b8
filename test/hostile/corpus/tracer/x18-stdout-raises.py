# expect: returned
# attack: a write method that raises
# after:  the canary of the same sandbox is unchanged
# kind:   source
import sys


def f():
    sys.stdout.write = lambda text: 1 / 0
    return 18
