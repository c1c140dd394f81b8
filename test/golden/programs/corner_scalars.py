# call: run()
# limits: {"stringCodePoints": 60, "stringHead": 12}
# Scalars: what counts as a change, and how a value is written.


# 94. NaN stays what it is: told once, not again although it is unequal to itself.
def not_a_number():
    ratio = float("inf") - float("inf")
    step = 1
    step = 2
    return ratio == ratio


# 95. Equal values of other types, or with another sign of zero, are changes.
def equal_but_different():
    value = 0
    value = False
    value = 0.0
    value = -0.0
    value = 0j
    value = -0j
    return str(value)


# 96. The same scalar again is no change; an equal new list is another object.
def same_again():
    size = 300
    size = 100 + 200
    row = ["r"]
    row = ["r"]
    return size, row


# 97. The shortest texts that give the same floats; infinities as expressions.
def floats():
    third = 1 / 3
    large = 2.0**70
    small = 5e-324
    endless = -1e999
    return third, large, small, endless


# 98. Integers beyond 4,300 digits are hexadecimal, cut like a string, and differ by their digest.
def huge():
    power = 7**6000
    next_one = power + 1
    negative = -power
    return next_one - power


# 102. NUL, a lone surrogate, a character beyond the BMP, line ends and a combining mark are kept.
def strings():
    odd = "\0é\udc80\N{SNAKE}\r\n\t\\'\""
    marked = odd + "e\u0301\u2028"
    mixed = [odd, b"\x00'\"\xff"]
    long = odd * 10
    return len(marked), long[0]


def run():
    not_a_number()
    equal_but_different()
    same_again()
    floats()
    huge()
    strings()
