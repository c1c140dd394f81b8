# expect: returned (opaque)
# attack: switches line events of its own frame off
# after:  the canary of the same sandbox is unchanged
# kind:   source
import sys


def f():
    sys._getframe().f_trace_lines = False
    x = 1
    return x + 4
