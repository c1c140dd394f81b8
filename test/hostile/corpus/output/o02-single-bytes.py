# expect: events-exceeded
# attack: writes one byte at a time to the descriptor
# after:  the canary of the same sandbox is unchanged
import os

while True:
    os.write(1, b".")
