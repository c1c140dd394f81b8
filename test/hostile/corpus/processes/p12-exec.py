# expect: vanished
# attack: replaces itself by another program
# after:  the canary of the same sandbox is unchanged
import os

os.execv("/usr/bin/true", ["true"])
