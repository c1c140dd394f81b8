# expect: memory-exceeded
# attack: grows by a mebibyte at a time
# after:  the canary of the same sandbox is unchanged
# cpu:    1500
kept = []
while True:
    kept.append(bytearray(1 << 20))
