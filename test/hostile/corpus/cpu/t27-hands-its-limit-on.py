# expect: returned (processes opaque)
# attack: limits its processor time, has a fork limit itself further, and asks in a fork of that; changes and asks by one pointer
# after:  the canary of the same sandbox is unchanged
# value: None
import ctypes
import os
import resource

CPU = resource.RLIMIT_CPU


def in_fork(work):
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, repr(work()).encode())
        os._exit(0)
    os.wait()
    return eval(os.read(reading, 100))


def limits_further():
    inherited = resource.getrlimit(CPU)
    resource.setrlimit(CPU, (1, 5))
    return inherited, in_fork(lambda: resource.getrlimit(CPU))


class Limit(ctypes.Structure):
    _fields_ = [("now", ctypes.c_ulong), ("most", ctypes.c_ulong)]


def changes_by_one_pointer():
    limit = Limit(2, 5)
    place = ctypes.byref(limit)
    assert ctypes.CDLL(None).prlimit(0, CPU, place, place) == 0
    return limit.now, limit.most, resource.getrlimit(CPU)[0]


resource.setrlimit(CPU, (3, 5))
assert in_fork(limits_further) == ((3, 5), (1, 5))
assert changes_by_one_pointer() == (3, 5, 2)
