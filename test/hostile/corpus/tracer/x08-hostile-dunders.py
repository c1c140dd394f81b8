# expect: returned
# attack: attributes that raise and comparisons that exit
# after:  the canary of the same sandbox is unchanged
# kind:   source
class Trap:
    __class__ = property(lambda self: 1 / 0)

    def __eq__(self, other):
        raise SystemExit

    def __hash__(self):
        raise SystemExit

    def __getattribute__(self, name):
        raise SystemExit


def f():
    trap = Trap()
    kept = [trap]
    return kept is not None
