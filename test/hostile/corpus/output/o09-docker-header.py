# expect: returned (opaque)
# attack: prints what looks like a header of the attached stream
# after:  the canary of the same sandbox is unchanged
import os

os.write(1, bytes([2, 0, 0, 0, 255, 255, 255, 255]))
