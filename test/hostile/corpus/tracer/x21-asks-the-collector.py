# expect: returned (opaque)
# attack: asks the collector for all that it shows and counts, where it would run at other moments if the recorder's objects counted
# after:  both sandboxes show the same, and nothing that is not the program's
# kind:   source
import gc
import weakref

gc.enable()
names = [1, 2, 3]


class Node:
    pass


def late():
    return len(names)


def comprehension():
    return [name for name in names]


def body():
    class Late:
        copies = [name for name in names]

    return Late


def views():
    sizes = [len(gc.get_objects(generation=n)) for n in range(3)]
    return gc.get_count(), gc.get_freeze_count(), gc.get_stats(), len(gc.get_objects()), sizes


def cycles(count, dead):
    kept = []
    for number in range(count):
        node = Node()
        node.self = node
        kept.append(weakref.ref(node, lambda gone, number=number: dead.append(number)))
    return len(dead), sum(dead), kept[-1]


def f():
    dead, found = [], [views(), gc.isenabled(), globals() in gc.get_referrers(names)]
    for use in (late, comprehension, body):
        use()
        found.append(views())
    found.append(cycles(500, dead)[:2])
    found.append([type(thing).__name__ for thing in gc.get_objects()])
    found.append(gc.collect())
    gc.freeze()
    gc.unfreeze()
    return *found, views()
