# expect: raised (opaque)
# attack: makes a block device
# after:  the canary of the same sandbox is unchanged
import os
import stat

os.mknod("/tmp/disk", 0o660 | stat.S_IFBLK, os.makedev(8, 0))
