# expect: raised
# attack: text with thousands of nested parentheses
# after:  the canary of the same sandbox is unchanged
depth = 6_000
eval("(" * depth + "0" + ")" * depth)
