# expect: raised (opaque)
# attack: sends SIGKILL to every process
# after:  the sandbox lives
import os
import signal

os.kill(-1, signal.SIGKILL)
