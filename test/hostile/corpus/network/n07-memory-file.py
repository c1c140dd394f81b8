# expect: vanished (processes touches-files)
# attack: runs a program that lies in no file system
# after:  the canary of the same sandbox is unchanged
import os

fd = os.memfd_create("program")
with open("/usr/bin/true", "rb") as file:
    os.write(fd, file.read())
os.execve(f"/proc/self/fd/{fd}", ["true"], {})
