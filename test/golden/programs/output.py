# call: run()
import sys


def run():
    print("a", end="")
    sys.stdout.write("é\n")
    print("to stderr", file=sys.stderr)
    for word in ("x", "y"):
        print(word)
    return None
