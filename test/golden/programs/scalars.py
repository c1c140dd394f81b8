# call: run()
def run():
    x = 1
    x = 1
    x = 1.0
    x = True
    x = 0.0
    x = -0.0
    x = float("nan")
    x = float("nan")
    y = [x, float("inf"), -float("inf"), 0.1 + 0.2, 1e16, 1e22, 5e-324, 123456789.125, 1e-5, 0.0001]
    z = complex(0, float("-inf"))
    c = -1.5j
    big = 10**30
    huge = 10**4300
    text = "a\x00b\ud800c\U0001f600\r\n'\"\\ é\u0301\xad"
    data = b"\x00\xff'\""
    nested = ((1, (2.5, ("s", ()))), None, ...)
    deep = (((((1,),),),),)
    wide = tuple(range(33))
    small = -33, 96, -(2**63), 2**63, 2**31
    return y, z, c, big % 7, huge % 7, data, nested, deep is wide, small
