# expect: returned (nondeterministic touches-clock opaque)
# attack: asks how long ago a module was imported that PID 1 imported
# after:  the canary of the same sandbox is unchanged
# kind:   source
# same:   yes
import logging


def f():
    record = logging.LogRecord("name", logging.INFO, "path", 1, "text", (), None)
    return record.relativeCreated
