# expect: cpu-exceeded
# attack: a pattern that backtracks exponentially
# after:  the canary of the same sandbox is unchanged
# cpu:    500
import re

re.fullmatch(r"(?:b+)+c", "b" * 48 + "d")
