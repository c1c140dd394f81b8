# expect: returned
# attack: takes standard output away
# after:  the canary of the same sandbox is unchanged
import sys

sys.stdout = None
print("nowhere")
