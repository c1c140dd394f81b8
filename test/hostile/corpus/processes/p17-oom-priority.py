# expect: raised (touches-files opaque)
# attack: takes itself out of the reach of the memory killer
# after:  the canary of the same sandbox is unchanged
with open("/proc/self/oom_score_adj", "w") as file:
    file.write("-1000")
