# expect: returned
# attack: a list that contains itself
# after:  the canary of the same sandbox is unchanged
ring = []
ring.append(ring)
