# expect: returned (touches-files)
# attack: links in /dev/shm, whose names and targets are memory of the kernel and of no file
# after:  the canary of the same sandbox is unchanged
# kind:   source
# value:  28
import os

folder = "/dev/shm/" + "x" * 200
error = None
for number in range(50_000):
    try:
        os.symlink("y" * 127, folder + str(number))
    except OSError as raised:
        error = raised.errno
        break


def f():
    return error
