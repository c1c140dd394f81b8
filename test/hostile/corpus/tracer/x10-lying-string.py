# expect: returned
# attack: a string that lies about its length
# after:  the canary of the same sandbox is unchanged
# kind:   source
class Liar(str):
    def __len__(self):
        return -1

    def __iter__(self):
        raise SystemExit


def f():
    text = Liar("truth")
    return text
