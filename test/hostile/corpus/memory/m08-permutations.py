# expect: memory-exceeded
# attack: a list of all orders of thirteen things
# after:  the canary of the same sandbox is unchanged
# cpu:    10000
import itertools

orders = list(itertools.permutations(range(13)))
