# expect: returned
# attack: a repr with an effect
# after:  the canary of the same sandbox is unchanged
# kind:   source
# value:  0
CALLS = []


class Counting:
    def __repr__(self):
        CALLS.append(1)
        return "counting"


def f():
    thing = Counting()
    pair = (thing, thing)
    return len(CALLS)
