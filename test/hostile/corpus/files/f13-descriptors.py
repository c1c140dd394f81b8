# expect: raised (touches-files opaque)
# attack: opens files until there are no more descriptors
# after:  the canary of the same sandbox is unchanged
kept = []
while True:
    kept.append(open("/dev/zero", "rb"))
