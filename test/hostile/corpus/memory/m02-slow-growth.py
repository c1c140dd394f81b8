# expect: memory-exceeded
# attack: grows by a mebibyte at a time
# after:  the canary of the same sandbox is unchanged
# cpu:    10000
kept = []
while True:
    kept.append(bytearray(1 << 20))
