# expect: raised (threads touches-clock opaque)
# expect: raised (threads nondeterministic touches-clock opaque)
# expect: returned (threads touches-clock opaque)
# expect: returned (threads nondeterministic touches-clock opaque)
# attack: the stacks of thirty threads
# race:   whether the first threads have slept their second before the last one needs a stack
# after:  the canary of the same sandbox is unchanged
import threading
import time

for _ in range(30):
    threading.Thread(target=time.sleep, args=(1,), daemon=True).start()
