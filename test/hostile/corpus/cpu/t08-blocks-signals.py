# expect: events-exceeded
# attack: blocks every signal that can be blocked, then spins
# after:  the canary of the same sandbox is unchanged
import signal

signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
while True:
    pass
