# expect: returned (touches-files opaque)
# attack: puts a link where a host could look for a result
# after:  the temporary folders are empty
import os

os.symlink("/etc/passwd", "/tmp/result")
os.symlink("result", "/dev/shm/result")
