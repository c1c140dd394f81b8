# expect: memory-exceeded
# attack: grows and swallows MemoryError
# after:  the canary of the same sandbox is unchanged
import zlib

kept = []
while True:
    try:
        kept.append(zlib.compressobj())
    except MemoryError:
        continue
