# expect: returned
# attack: values that are no plain text
# after:  the canary of the same sandbox is unchanged
# kind:   source
def f():
    return float("nan"), -0.0, 10**5000, {1}, b"\xff", 1j, float("inf")
