# expect: returned (opaque)
# attack: limits its processor time to nothing, looks at what it may, and goes on
# after:  the canary of the same sandbox is unchanged
# value: None
import os
import resource

resource.setrlimit(resource.RLIMIT_CPU, (0, 1))
assert resource.getrlimit(resource.RLIMIT_CPU) == (0, 1)
assert resource.prlimit(os.getpid(), resource.RLIMIT_CPU) == (0, 1)
for limits in ((2, 1), (1, 2)):
    try:
        resource.setrlimit(resource.RLIMIT_CPU, limits)
    except ValueError:
        continue
    raise AssertionError(limits)
