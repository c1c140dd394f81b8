# expect: crashed
# attack: aborts
# after:  no core file is left
import os

os.abort()
