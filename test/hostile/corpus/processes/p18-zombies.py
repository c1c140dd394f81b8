# expect: returned (processes opaque)
# attack: leaves fifty processes that nobody waits for
# after:  no process is left
import os

for _ in range(50):
    if os.fork() == 0:
        os._exit(0)
