# expect: returned (processes touches-files opaque)
# attack: a process that it forks, and a program that one executes, write into its memory
# after:  the canary of the same sandbox is unchanged
# kind:   source
# value:  [1, 1]
import os
import subprocess

with open("/proc/self/stat") as file:
    number = int(file.read().split()[0])
TEXT = f"import sys; sys.exit(0 if open('/proc/{number}/mem', 'r+b') else 2)"


def f():
    child = os.fork()
    if child == 0:
        try:
            open(f"/proc/{number}/mem", "r+b")
        except PermissionError:
            os._exit(1)
        os._exit(0)
    forked = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    command = ["/usr/bin/python3.13", "-S", "-c", TEXT]
    return [forked, subprocess.run(command, stderr=subprocess.DEVNULL).returncode]
