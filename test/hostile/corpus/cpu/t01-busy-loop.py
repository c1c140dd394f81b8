# expect: events-exceeded
# attack: spins without doing anything
# after:  the canary of the same sandbox is unchanged
# cpu:    10000
while True:
    pass
