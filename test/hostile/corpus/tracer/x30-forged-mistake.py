# expect: vanished (tampered)
# attack: writes into the shared memory that the tracer made a mistake, which would be a fault of ours
# after:  the canary of the same sandbox is unchanged
import ctypes
import os
import struct

with open("/proc/self/maps") as file:
    (region,) = [line for line in file if "memfd:region" in line]
address = int(region.split("-")[0], 16)
record = b"\x7d\x04oops"
(length,) = struct.unpack("Q", ctypes.string_at(address, 8))
ctypes.memmove(address + 4096 + length, record, len(record))
ctypes.memmove(address, struct.pack("Q", length + len(record)), 8)
ctypes.memset(address + 12, 0, 4)
os._exit(70)
