# expect: cpu-exceeded
# attack: a pattern that backtracks exponentially
# after:  the canary of the same sandbox is unchanged
import re

re.fullmatch(r"(?:b+)+c", "b" * 48 + "d")
