# expect: returned (opaque)
# attack: writes all 256 bytes
# after:  the canary of the same sandbox is unchanged
import sys

sys.stdout.buffer.write(bytes(range(256)))
