# expect: memory-exceeded
# attack: leaves the reach of the memory killer, and holds memory that is of no process, so that PID 1 is to be ended
# after:  the canary of the same sandbox is unchanged
# kind:   source
import os

try:
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("0")
except PermissionError:
    pass
block = bytes(1 << 20)
while True:
    held = os.memfd_create("held")
    for _ in range(31):
        os.write(held, block)


def f():
    return 1
