# expect: raised
# attack: a list of a billion places
# after:  the canary of the same sandbox is unchanged
places = [None] * 10**9
