# expect: returned
# attack: cycles whose finaliser runs when the collector feels like it
# after:  the canary of the same sandbox is unchanged
# kind:   source
# value:  0
ENDED = []


class Node:
    def __init__(self):
        self.me = self

    def __del__(self):
        ENDED.append(len(ENDED))


def f():
    for _ in range(900):
        Node()
    return len(ENDED)
