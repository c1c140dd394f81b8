# expect: returned (opaque)
# attack: sends SIGKILL to its parent
# after:  the sandbox lives
import os
import signal

os.kill(os.getppid(), signal.SIGKILL)
