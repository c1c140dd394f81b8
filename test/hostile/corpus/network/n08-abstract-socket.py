# expect: returned (processes touches-network opaque)
# attack: an orphan holds a socket that has no file
# after:  the name is free for the next one
import os
import socket
import time

holder = socket.socket(socket.AF_UNIX)
holder.bind("\0tracemill-left")
if os.fork() == 0:
    while True:
        time.sleep(60)
