# call: f('x\n')
def f(s):
    return s + "é"
