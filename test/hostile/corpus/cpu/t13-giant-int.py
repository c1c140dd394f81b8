# expect: cpu-exceeded
# attack: parses a number of forty million digits
# after:  the canary of the same sandbox is unchanged
# cpu:    500
import sys

sys.set_int_max_str_digits(0)
number = int("7" * 40_000_000)
