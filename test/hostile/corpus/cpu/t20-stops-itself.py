# expect: wall-exceeded
# attack: stops its own process
# after:  the canary of the same sandbox is unchanged
# wall:   1000
import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)
