# expect: returned
# attack: replaces functions that a harness could use
# after:  the canary of the same sandbox is unchanged
# kind:   source
import json
import os
import time


def f():
    time.monotonic = time.time = lambda: 0
    json.dumps = json.loads = os.write = os.read = os._exit = None
    return 16
