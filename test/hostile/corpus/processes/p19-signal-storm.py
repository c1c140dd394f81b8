# expect: crashed
# attack: a timer that fires every ten microseconds
# after:  the canary of the same sandbox is unchanged
import signal

signal.setitimer(signal.ITIMER_REAL, 1e-5, 1e-5)
for _ in range(1000):
    pass
