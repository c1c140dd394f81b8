# expect: returned (opaque)
# attack: closes all descriptors that it does not know, as a daemon does, and prints
# after:  the canary of the same sandbox is unchanged
# kind:   source
# same:   yes
import os


def f():
    os.closerange(3, 4096)
    print("printed")
    os.write(1, b"written\n")
    return 1
