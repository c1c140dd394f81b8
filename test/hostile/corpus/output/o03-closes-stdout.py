# expect: returned (opaque)
# attack: closes descriptor 1 and prints
# after:  the canary of the same sandbox is unchanged
import os

os.close(1)
print("still here", flush=True)
