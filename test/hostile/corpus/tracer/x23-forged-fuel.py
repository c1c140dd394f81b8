# expect: vanished (tampered touches-files)
# attack: says that it spent more fuel than a number holds, which the second execution would be given
# after:  the canary of the same sandbox is unchanged
import ctypes
import os

with open("/proc/self/maps") as file:
    (region,) = [line for line in file if "memfd:region" in line]
address = int(region.split("-")[0], 16)
ctypes.memset(address + 16, 255, 8)
os._exit(0)
