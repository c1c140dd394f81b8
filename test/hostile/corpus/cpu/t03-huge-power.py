# expect: cpu-exceeded
# attack: one multiplication in C that never comes back
# after:  the canary of the same sandbox is unchanged
# cpu:    500
base = 9
tower = base ** base**base
