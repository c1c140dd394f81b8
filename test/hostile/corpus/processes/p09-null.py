# expect: crashed
# attack: writes to address zero in C
# after:  the canary of the same sandbox is unchanged
import ctypes

ctypes.memmove(0, b"x", 1)
