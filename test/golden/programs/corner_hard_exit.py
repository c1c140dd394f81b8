# call: run("now")
import os


# 80. The process ends in a line: all events up to it are there, and no end record.
def leave(when):
    if when == "now":
        os._exit(0)
    return when


def run(when):
    leave("later")
    leave(when)
    return "never"
