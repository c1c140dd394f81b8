# expect: vanished
# attack: announces a frame of two gigabytes on every descriptor
# after:  the canary of the same sandbox is unchanged
import os

for fd in range(1, 2000):
    try:
        os.write(fd, b"\x11\xff\xff\xff\x7f")
    except OSError:
        pass
os._exit(0)
