# expect: returned (touches-random opaque)
# attack: draws without a seed
# after:  the canary of the same sandbox is unchanged
# kind:   source
# same:   yes
import random


def f():
    return random.random(), random.Random().random(), random.SystemRandom().random()
