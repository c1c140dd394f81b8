# expect: memory-exceeded
# attack: a list of all orders of thirteen things
# after:  the canary of the same sandbox is unchanged
import itertools

orders = list(itertools.permutations(range(13)))
