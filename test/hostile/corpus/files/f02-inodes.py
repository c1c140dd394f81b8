# expect: raised (touches-files opaque)
# attack: makes files until there are no more
# after:  the temporary folder is empty
import os

number = 0
while True:
    os.close(os.open(f"/tmp/{number}", os.O_CREAT | os.O_WRONLY))
    number += 1
