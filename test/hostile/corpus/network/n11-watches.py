# expect: returned (opaque)
# attack: takes the watches of files, which count for all sandboxes of a host
# after:  the canary of the same sandbox is unchanged
# kind:   source
# value:  [-1, -1]
import ctypes


def f():
    libc = ctypes.CDLL(None)
    return [libc.inotify_init(), libc.inotify_init1(0)]
