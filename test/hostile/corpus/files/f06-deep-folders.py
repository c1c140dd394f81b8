# expect: raised (touches-files opaque)
# attack: folders nested until there are no more
# after:  the temporary folder is empty
import os

os.chdir("/tmp")
while True:
    os.mkdir("n")
    os.chdir("n")
