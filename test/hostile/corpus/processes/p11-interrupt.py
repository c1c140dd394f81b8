# expect: raised
# attack: raises KeyboardInterrupt itself
# after:  the canary of the same sandbox is unchanged
raise KeyboardInterrupt
