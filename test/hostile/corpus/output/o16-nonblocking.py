# expect: returned (opaque)
# attack: changes flags of descriptors that it was given
# after:  the canary of the same sandbox is unchanged
import os

for fd in range(3):
    os.set_blocking(fd, False)
os.lseek(1, 1000, os.SEEK_SET)
