# expect: returned (processes opaque)
# attack: an orphan keeps standard output open
# after:  nothing waits for the orphan
import os
import time

if os.fork() == 0:
    while True:
        time.sleep(60)
