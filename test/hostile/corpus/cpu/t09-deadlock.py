# expect: wall-exceeded
# attack: waits for a lock that it holds itself
# after:  the canary of the same sandbox is unchanged
# wall:   1000
import threading

lock = threading.Lock()
with lock:
    lock.acquire()
