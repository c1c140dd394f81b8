# expect: raised
# attack: an exception whose text raises
# after:  the canary of the same sandbox is unchanged
# kind:   source
class Mute(Exception):
    def __str__(self):
        raise self


def f():
    raise Mute
