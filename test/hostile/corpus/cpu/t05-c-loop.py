# expect: cpu-exceeded
# attack: a loop in C that no Python signal handler interrupts
# after:  the canary of the same sandbox is unchanged
# cpu:    500
total = sum(range(10**13))
