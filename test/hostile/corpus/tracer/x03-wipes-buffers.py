# expect: returned (opaque)
# value:  3
# attack: empties every large list that it can find
# after:  the canary of the same sandbox is unchanged
# kind:   source
import gc


def f():
    for thing in gc.get_objects():
        if type(thing) is list and len(thing) > 100:
            thing.clear()
    return 3
