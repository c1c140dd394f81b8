# expect: output-exceeded
# attack: prints long lines without end
# after:  the canary of the same sandbox is unchanged
while True:
    print("flood " * 200)
