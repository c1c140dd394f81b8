# expect: raised events-exceeded memory-exceeded fuel-exceeded
# attack: starts threads without end
# after:  the canary of the same sandbox is unchanged
import threading

while True:
    threading.Thread(target=threading.Event().wait, daemon=True).start()
