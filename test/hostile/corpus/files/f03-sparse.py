# expect: raised (touches-files opaque)
# attack: a sparse file of a tebibyte
# after:  the canary of the same sandbox is unchanged
import os

os.truncate(os.open("/tmp/sparse", os.O_CREAT | os.O_RDWR), 1 << 40)
