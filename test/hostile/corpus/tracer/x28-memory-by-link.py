# expect: raised (touches-files opaque)
# attack: opens its own memory as a file by another name
# after:  the canary of the same sandbox is unchanged
import os

os.symlink("/proc/self/mem", "/tmp/notes")
open("/tmp/notes", "r+b")
