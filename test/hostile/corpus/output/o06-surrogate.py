# expect: raised
# attack: prints half of a pair
# after:  the canary of the same sandbox is unchanged
print(chr(0xD800))
