# expect: memory-exceeded
# attack: grows and swallows MemoryError
# after:  the canary of the same sandbox is unchanged
# cpu:    1500
kept = []
while True:
    try:
        kept.append(bytes(1 << 20))
    except MemoryError:
        continue
