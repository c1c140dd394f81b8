# expect: returned (touches-random opaque)
# attack: asks the kernel for chance by the number of the call
# after:  the canary of the same sandbox is unchanged
# kind:   source
# same:   yes
import os


def f():
    return os.getrandom(16)
