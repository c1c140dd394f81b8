# expect: events-exceeded
# attack: cheap to run, endless to trace
# after:  the canary of the same sandbox is unchanged
# cpu:    10000
x = 0
for i in range(10_000_000):
    x = i
