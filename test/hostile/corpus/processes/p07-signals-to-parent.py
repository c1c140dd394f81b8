# expect: returned (opaque)
# attack: sends every signal to PID 1
# after:  the sandbox lives
import os
import signal

for number in range(1, signal.NSIG):
    try:
        os.kill(1, number)
    except OSError:
        pass
