# expect: returned (threads touches-clock opaque)
# attack: a thread that is no daemon keeps sleeping after the result
# after:  the canary of the same sandbox is unchanged
import threading
import time

threading.Thread(target=time.sleep, args=(500_000,)).start()
done = True
