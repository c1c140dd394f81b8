# expect: memory-exceeded
# attack: shared pages, which no limit of the process counts
# after:  the canary of the same sandbox is unchanged
# cpu:    10000
import mmap

size = 8 << 30
pages = mmap.mmap(-1, size)
block = b"m" * (1 << 22)
for start in range(0, size, len(block)):
    pages[start : start + len(block)] = block
