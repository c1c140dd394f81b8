# expect: output-exceeded
# attack: one line of ten million characters
# after:  the canary of the same sandbox is unchanged
print("l" * 10_000_000)
