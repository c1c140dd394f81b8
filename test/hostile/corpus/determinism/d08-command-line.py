# expect: returned
# attack: asks for the command line of its interpreter, which tells the sandboxes apart
# after:  the canary of the same sandbox is unchanged
# kind:   source
# value:  [['python3.13'], ['']]
# same:   yes
import sys


def f():
    return [sys.orig_argv, sys.argv]
