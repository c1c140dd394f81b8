# expect: fuel-exceeded events-exceeded wall-exceeded cpu-exceeded
# attack: forks as fast as it can
# after:  no process is left
# wall:   20000
import os

while True:
    try:
        os.fork()
    except OSError:
        pass
