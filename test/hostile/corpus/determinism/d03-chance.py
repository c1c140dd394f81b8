# expect: returned (nondeterministic touches-clock touches-random touches-files opaque)
# attack: asks for the time, for chance and for names
# after:  the canary of the same sandbox is unchanged
# kind:   source
# same:   yes
import os
import platform
import tempfile
import time
import uuid


def f():
    with tempfile.NamedTemporaryFile() as file:
        name = file.name
    return time.time_ns(), uuid.uuid4(), os.urandom(4), os.getpid(), platform.node(), name
