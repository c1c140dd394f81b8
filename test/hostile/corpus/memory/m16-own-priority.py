# expect: returned (touches-files opaque)
# attack: asks the memory killer to choose PID 1 before it
# after:  the canary of the same sandbox is unchanged
# kind:   source
# value:  1000
def f():
    for wanted in (999, 500, 0):
        try:
            with open("/proc/self/oom_score_adj", "w") as file:
                file.write(str(wanted))
        except PermissionError:
            pass
    with open("/proc/self/oom_score_adj") as file:
        return int(file.read())
