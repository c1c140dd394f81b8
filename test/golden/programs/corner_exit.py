# call: run()
import sys


# 117. Where SystemExit leaves the entry it unwinds every frame, and the outcome is `exited`.
def run():
    try:
        sys.exit(3)
    finally:
        code = 3
