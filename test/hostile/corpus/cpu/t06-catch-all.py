# expect: events-exceeded
# attack: catches whatever would end it, for ever
# after:  the canary of the same sandbox is unchanged
while True:
    try:
        while True:
            pass
    except BaseException:
        continue
