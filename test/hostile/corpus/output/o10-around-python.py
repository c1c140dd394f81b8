# expect: returned (opaque)
# attack: prints through C and through the saved stream
# after:  the canary of the same sandbox is unchanged
import ctypes
import sys

ctypes.CDLL(None).puts(b"from C")
sys.__stdout__.write("from the saved stream")
