# expect: returned (opaque)
# attack: attaches to PID 1 as a debugger
# after:  the canary of the same sandbox is unchanged
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
assert libc.ptrace(16, 1, 0, 0) == -1
