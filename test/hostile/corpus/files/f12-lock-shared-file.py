# expect: raised (touches-files opaque)
# attack: locks a file that all containers of the image share
# after:  the canary of the same sandbox is unchanged
import fcntl

with open("/etc/passwd") as file:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
