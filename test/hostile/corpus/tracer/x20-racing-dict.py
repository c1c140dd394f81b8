# expect: returned (threads nondeterministic touches-clock opaque)
# expect: returned (threads touches-clock opaque)
# attack: a thread changes a dict while it is looked at
# race:   how far the thread came before it was told to stop
# after:  the canary of the same sandbox is unchanged
# kind:   source
import threading


def f():
    shared = {}
    stop = threading.Event()

    def churn():
        n = 0
        while not stop.is_set() and n < 2000:
            shared[n % 50] = n
            shared.pop((n * 7) % 50, None)
            n += 1

    thread = threading.Thread(target=churn)
    thread.start()
    for n in range(50):
        shared[n + 100] = n
    stop.set()
    thread.join()
    return len(shared) >= 50
