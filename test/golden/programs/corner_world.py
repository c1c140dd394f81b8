# call: run()
# Chance, clocks, exits and signals, as far as they are the same each time.
import random
import signal
import sys
import time


# 115. A seeded generator gives one value everywhere; the module's own is fixed by the sandbox and not shown here.
def chance():
    dice = random.Random(6)
    rolled = [dice.randint(1, 6) for _ in range(3)]
    within = 0 <= random.random() < 1
    return rolled, within


# 116. Clocks, addresses and hashes of strings are fixed by the sandbox; here only what they are is kept.
def clocks():
    kind = type(time.time()).__name__
    order = time.monotonic() <= time.monotonic()
    same = hash("x") == hash("x") and id(kind) == id(kind)
    return kind, order, same


# 117. SystemExit is an exception like others where it is caught.
def exits():
    try:
        sys.exit("code")
    except SystemExit as error:
        return error.code


# 118. The handler of a signal has a frame of its own, called by the line in which the signal came.
def signals():
    heard = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: heard.append(number > 0))
    signal.raise_signal(signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)
    return heard


def run():
    chance()
    clocks()
    exits()
    signals()
