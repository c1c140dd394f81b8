# call: run()
import _thread
import sys


# 78. The thread's events have its number and a depth of their own; what it changes is told in it.
def work(results, gate):
    results.append("done")
    gate.release()


def run():
    results = []
    # Threads take turns only where one waits, so that the order of events is the same each time.
    sys.setswitchinterval(1000)
    gate = _thread.allocate_lock()
    gate.acquire()
    _thread.start_new_thread(work, (results, gate))
    gate.acquire()
    return results
