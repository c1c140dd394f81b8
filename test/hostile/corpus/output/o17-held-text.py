# expect: returned (opaque)
# attack: puts a stream in the place of standard output that holds text until the end
# after:  the canary of the same sandbox is unchanged
# kind:   source
# same:   yes
import io
import sys


def f():
    sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8")
    print("held")
