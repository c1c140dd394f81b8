# expect: raised
# attack: a repr that asks for itself
# after:  the canary of the same sandbox is unchanged
class Mirror:
    def __repr__(self):
        return repr(self)


repr(Mirror())
