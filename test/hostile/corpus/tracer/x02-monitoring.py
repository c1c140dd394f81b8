# expect: returned (tampered opaque)
# attack: frees every tool of sys.monitoring
# after:  the canary of the same sandbox is unchanged
# kind:   source
import sys


def f():
    for tool in range(6):
        try:
            sys.monitoring.free_tool_id(tool)
        except ValueError:
            pass
    return 2
