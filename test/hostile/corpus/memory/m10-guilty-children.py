# expect: returned (processes opaque)
# attack: eight processes with sixty mebibytes each
# after:  the canary of the same sandbox is unchanged
# cpu:    10000
import os

children = []
for _ in range(8):
    pid = os.fork()
    if pid == 0:
        bytearray(60 << 20)
        os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
