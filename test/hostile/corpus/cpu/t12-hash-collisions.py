# expect: cpu-exceeded
# attack: keys that all fall into one place of the table
# after:  the canary of the same sandbox is unchanged
# cpu:    500
import sys

step = sys.hash_info.modulus
crowded = dict.fromkeys(map(step.__mul__, range(90_000)))
