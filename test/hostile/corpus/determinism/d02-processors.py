# expect: returned (opaque)
# attack: asks how many processors there are
# after:  the canary of the same sandbox is unchanged
# kind:   source
# value:  1
import os


def f():
    return os.cpu_count()
