# expect: returned (processes opaque)
# attack: a process that left its session and lost its parent
# after:  no process is left
import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            time.sleep(60)
    os._exit(0)
