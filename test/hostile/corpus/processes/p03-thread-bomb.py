# expect: raised (threads touches-clock opaque)
# expect: raised (threads nondeterministic touches-clock opaque)
# attack: starts threads without end
# race:   the order in which threads get their turns decides how much fuel is spent when no more can start
# after:  the canary of the same sandbox is unchanged
import threading

while True:
    threading.Thread(target=threading.Event().wait, daemon=True).start()
