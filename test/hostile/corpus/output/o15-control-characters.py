# expect: returned
# attack: escape sequences, NUL and line separators
# after:  the canary of the same sandbox is unchanged
print("\x1b[2J\0\u2028\r\x85")
