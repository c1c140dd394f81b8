# expect: cpu-exceeded memory-exceeded
# attack: one multiplication in C that never comes back
# after:  the canary of the same sandbox is unchanged
base = 9
tower = base ** base**base
