# expect: returned (opaque)
# attack: a handler for the end of the process hangs
# after:  the canary of the same sandbox is unchanged
import atexit
import threading

atexit.register(threading.Event().wait)
