# expect: returned (opaque)
# attack: puts a pipe where a host could read
# after:  the temporary folder is empty
import os

os.mkfifo("/tmp/result")
