# expect: returned (tampered opaque)
# attack: removes the trace function
# after:  the canary of the same sandbox is unchanged
# kind:   source
import sys


def f():
    sys.settrace(None)
    return 1 + 1
