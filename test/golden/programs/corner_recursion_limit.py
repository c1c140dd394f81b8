# call: run()
# granularity: call
import inspect
import sys


# 68. The error comes where it would untraced, and unwinds every frame: twelve calls fit above this one.
def descend(level):
    return descend(level + 1)


def too_deep():
    sys.setrecursionlimit(len(inspect.stack(0)) + 12)
    try:
        descend(1)
    except RecursionError:
        return "too deep"
    finally:
        sys.setrecursionlimit(1000)


def run():
    return too_deep()
