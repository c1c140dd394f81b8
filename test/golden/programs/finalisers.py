# call: run()
import gc
import weakref

log = []
saved = []


class Loud:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        self.state = "ending"
        log.append(self.name)
        if self.name == "saved":
            saved.append(self)


def run():
    one = Loud("one")
    ref = weakref.ref(one, lambda dead: log.append("dead"))
    one = 1
    pair = [Loud("a"), Loud("b")]
    del pair
    two = Loud("saved")
    two = None
    two = saved[0]
    two.name = "back"
    loop = Loud("loop")
    loop.me = loop
    loop = None
    gc.collect()
    return log, ref() is None
