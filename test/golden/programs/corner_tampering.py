# call: run()
import sys


# 79. Lines after the attempt to switch tracing off are still there, and the row is labelled.
def run():
    before = 1
    sys.settrace(None)
    sys.setprofile(None)
    sys._getframe().f_trace = None
    after = 2
    return before + after
