# expect: returned (tampered threads touches-clock opaque)
# attack: a trace function for new threads
# after:  the canary of the same sandbox is unchanged
# kind:   source
import sys
import threading


def f():
    seen = []
    threading.settrace(lambda *event: seen.append(event[1]))
    thread = threading.Thread(target=lambda: sum([1, 2]))
    thread.start()
    thread.join()
    return thread.is_alive()
