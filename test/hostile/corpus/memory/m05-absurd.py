# expect: raised
# attack: a string of a tebibyte
# after:  the canary of the same sandbox is unchanged
text = "z" * 2**40
