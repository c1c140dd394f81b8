# expect: returned
# attack: a repr that raises: a tracer that called it would be dropped
# after:  the canary of the same sandbox is unchanged
# kind:   source
class Prickly:
    def __repr__(self):
        raise RuntimeError("hands off")


def f():
    thing = Prickly()
    other = [thing]
    return len(other)
