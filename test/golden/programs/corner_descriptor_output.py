# call: run()
import os


# 113. A write to a descriptor is no write to a stream: the sandbox takes such bytes up, the tracer alone does not.
def run():
    written = os.write(os.open(os.devnull, os.O_WRONLY), b"raw\n")
    return written
