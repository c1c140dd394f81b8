# expect: memory-exceeded
# attack: leaves no memory to the recorder, has it look at lists that were there before, and takes more itself
# after:  the canary of the same sandbox is unchanged
import itertools
import mmap
import queue
import resource

hidden = queue.SimpleQueue()
any(map(hidden.put, map(list, itertools.repeat(range(1000), 300))))
keep = [None] * 300
limit = resource.getrlimit(resource.RLIMIT_DATA)[0]
with open("/proc/self/status") as file:
    used = next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmData"))
rest = mmap.mmap(-1, limit - used - 65536, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for i in range(300):
    keep[i] = hidden.get()
keep.append(bytearray(4 << 20))
