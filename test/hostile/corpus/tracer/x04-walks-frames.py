# expect: returned (opaque)
# attack: writes into the globals of its callers
# after:  the canary of the same sandbox is unchanged
# kind:   source
import sys


def f():
    frame = sys._getframe()
    while frame is not None:
        frame.f_globals["EVENTS"] = []
        frame = frame.f_back
    return 4
