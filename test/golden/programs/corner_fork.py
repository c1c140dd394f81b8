# call: run()
import os


# 81. The forked child writes nothing; the parent goes on and the row is labelled.
def run():
    is_parent = os.fork() != 0
    if not is_parent:
        told = "child"
        os._exit(3)
    told = "parent"
    return told, os.waitstatus_to_exitcode(os.wait()[1])
