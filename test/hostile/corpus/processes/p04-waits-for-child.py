# expect: wall-exceeded
# attack: waits for a process that sleeps
# after:  no process is left
# wall:   1000
import subprocess

subprocess.run(["sleep", "4000"])
