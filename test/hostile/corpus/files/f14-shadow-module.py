# expect: returned (touches-files opaque)
# attack: leaves a module of its own for the next one to import
# after:  the next invocation imports the library
import os

os.chdir("/tmp")
with open("/tmp/string.py", "w") as file:
    file.write("raise SystemExit(9)")
