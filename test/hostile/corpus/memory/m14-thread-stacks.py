# expect: returned raised memory-exceeded
# attack: the stacks of thirty threads
# after:  the canary of the same sandbox is unchanged
import threading
import time

for _ in range(30):
    threading.Thread(target=time.sleep, args=(1,), daemon=True).start()
