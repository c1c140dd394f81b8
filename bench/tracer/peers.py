"""Published tracers, each set to write all values that it can; each returns the ns of the traced call."""

import time

import hunter
import pysnooper
import snoop

clock = time.thread_time_ns
# Deep enough for each call of the workloads.
DEPTH = 1000


class Text:
    """A stream that keeps what is written."""

    def __init__(self):
        self.parts = []

    def write(self, text):
        self.parts.append(text)

    def flush(self):
        pass


def timed(run, arguments):
    start = clock()
    run(*arguments)
    return clock() - start


def with_pysnooper(run, arguments, _filename):
    wrap = pysnooper.snoop(output=Text().write, color=False, depth=DEPTH, max_variable_length=None)
    return timed(wrap(run), arguments)


def with_hunter(run, arguments, filename):
    out = {"stream": Text(), "repr_limit": 10**9, "force_colors": False}
    actions = [hunter.CodePrinter(**out), hunter.VarsSnooper(**out)]
    hunter.trace(hunter.Q(filename=filename, actions=actions))
    try:
        return timed(run, arguments)
    finally:
        hunter.stop()


def with_snoop(run, arguments, _filename):
    return timed(snoop.Config(out=Text(), color=False).snoop(depth=DEPTH)(run), arguments)


ALL = {"PySnooper": with_pysnooper, "hunter": with_hunter, "snoop": with_snoop}
