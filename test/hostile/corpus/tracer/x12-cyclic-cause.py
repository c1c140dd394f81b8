# expect: raised
# attack: an exception that is its own cause
# after:  the canary of the same sandbox is unchanged
# kind:   source
def f():
    error = LookupError("round")
    error.__cause__ = error
    raise error
