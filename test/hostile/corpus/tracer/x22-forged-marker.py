# expect: returned (tampered touches-files opaque)
# attack: writes a reason to end that no harness knows into the memory that it shares with PID 1
# after:  the canary of the same sandbox is unchanged
import ctypes

with open("/proc/self/maps") as file:
    (region,) = [line for line in file if "memfd:region" in line]
address = int(region.split("-")[0], 16)
ctypes.memset(address + 8, 77, 4)
