# call: run()
# Output belongs to the step that wrote it; input never waits.
import contextlib
import io
import sys


# 111. Each text is at the event of its line, and each stream apart.
def streams():
    print("one", end=",")
    sys.stdout.write("two\n")
    print("warning", file=sys.stderr)
    print("é", "end", sep="\n")


# 112. What is redirected is no output: the buffer changes.
def redirected():
    caught = io.StringIO()
    with contextlib.redirect_stdout(caught):
        print("inside")
    return caught.getvalue()


# 114. Input comes from where the program points it; its end is an exception in this frame.
def scripted_input():
    sys.stdin = io.StringIO("12\n")
    try:
        number = int(input("? "))
        input()
    except EOFError:
        return number


def run():
    streams()
    redirected()
    scripted_input()
