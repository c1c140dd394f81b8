# expect: wall-exceeded
# attack: forks as fast as it can
# after:  no process is left
# wall:   1000
import os

while True:
    try:
        os.fork()
    except OSError:
        pass
