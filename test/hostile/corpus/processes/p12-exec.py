# expect: vanished (processes)
# attack: replaces itself by another program
# after:  the canary of the same sandbox is unchanged
import os

os.execv("/usr/bin/true", ["true"])
