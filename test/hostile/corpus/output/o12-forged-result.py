# expect: vanished
# attack: writes a result of its own to every descriptor
# after:  the canary of the same sandbox is unchanged
import os

for fd in range(3, 2000):
    try:
        os.write(fd, b"\x14\x40\x00\x00\x00" + bytes(64))
    except OSError:
        pass
os._exit(0)
