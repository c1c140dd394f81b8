# expect: raised
# attack: forgets every module
# after:  the canary of the same sandbox is unchanged
# kind:   source
import sys


def f():
    sys.modules.clear()
    import os

    return os.sep
