# expect: raised (touches-files opaque)
# attack: reads the environment of PID 1
# after:  the canary of the same sandbox is unchanged
with open("/proc/1/environ", "rb") as file:
    file.read()
