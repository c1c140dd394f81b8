# expect: returned
# attack: a declared encoding, a form feed and a carriage return
# after:  the canary of the same sandbox is unchanged
# kind:   source
# -*- coding: rot13 -*-

def f():
    return "a\rb"
