# expect: returned (touches-files opaque)
# attack: a tree that its owner may not enter
# after:  the temporary folder is empty
import os

os.makedirs("/tmp/closed/inner")
with open("/tmp/closed/inner/file", "w") as file:
    file.write("x")
os.chmod("/tmp/closed/inner", 0)
os.chmod("/tmp/closed", 0)
