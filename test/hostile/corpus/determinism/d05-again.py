# expect: returned (nondeterministic)
# attack: a function that could see whether it ran before
# after:  the canary of the same sandbox is unchanged
# kind:   source
# same:   yes
import json
import sys


def f():
    seen = getattr(json, "seen", 0)
    json.seen = seen + 1
    return seen, len(sys.modules), hash("x")
