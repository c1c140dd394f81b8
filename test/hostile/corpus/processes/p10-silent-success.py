# expect: vanished
# attack: ends at once with status 0 and without a result
# after:  the canary of the same sandbox is unchanged
import os

os._exit(0)
