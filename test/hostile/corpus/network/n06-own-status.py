# expect: returned (touches-files opaque)
# attack: looks at what it may do
# after:  the canary of the same sandbox is unchanged
with open("/proc/self/status") as file:
    status = dict(line.rstrip().split(":\t", 1) for line in file if ":\t" in line)
for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
    assert int(status[name], 16) == 0, name
assert status["NoNewPrivs"] == "1"
assert status["Seccomp"] == "2"
