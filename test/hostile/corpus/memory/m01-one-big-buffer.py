# expect: raised
# attack: asks for ten gigabytes at once
# after:  the canary of the same sandbox is unchanged
buffer = bytearray(10**10)
