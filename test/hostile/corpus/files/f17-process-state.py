# expect: returned (opaque)
# attack: changes all that a process carries from one function to the next
# after:  the canary of the same sandbox is unchanged
import decimal
import locale
import os
import random
import sys
import warnings

decimal.getcontext().prec = 3
os.umask(0o777)
os.environ["MARK"] = "left"
os.chdir("/")
random.seed(1)
warnings.simplefilter("error")
locale.setlocale(locale.LC_ALL, "C")
sys.setrecursionlimit(500)
sys.path.clear()
