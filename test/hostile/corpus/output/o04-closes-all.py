# expect: returned (opaque)
# attack: closes every descriptor
# after:  the canary of the same sandbox is unchanged
import os

os.closerange(0, 65_536)
