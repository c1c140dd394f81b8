# expect: raised (touches-files opaque)
# attack: writes a setting of the kernel
# after:  the canary of the same sandbox is unchanged
with open("/proc/sys/kernel/core_pattern", "w") as file:
    file.write("|/tmp/run")
