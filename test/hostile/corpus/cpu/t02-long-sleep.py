# expect: returned (touches-clock opaque)
# attack: sleeps for eleven days, which uses no processor time
# after:  the clock of the program moved, the machine did not wait
import time

before = time.monotonic()
time.sleep(1_000_000)
assert time.monotonic() - before >= 1_000_000
