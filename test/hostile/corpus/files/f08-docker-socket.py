# expect: returned (opaque)
# attack: looks for the socket of the engine
# after:  the canary of the same sandbox is unchanged
import os

assert not os.path.exists("/var/run/docker.sock")
assert not os.path.exists("/run/docker.sock")
