# call: run()
# Statements over several lines, code that is not there, expressions that are not run.


def join(left, right):
    return left + right


# 31. The lines of the arguments are visited and then the first again, on which the call happens.
def long_call():
    joined = join(
        len("abc"),
        len("de"),
    )
    return joined


# 32. A literal over several lines goes forward, back for the inner list, and to the first line for the store.
def long_literal():
    table = {
        "rows": [len("a"),
                 len("bb")],
        "note": "one "
                "text",
    }
    return table


# 33. Decorators run top down, the function is made, then they are applied bottom up on their lines.
def tagged(tag):
    def apply(function):
        return lambda: tag + function()

    return apply


def decorated():
    @tagged("<")
    @tagged("=")
    def word():
        return "w"

    return word()


# 34. Docstring, `global` and a bare annotation have no line; `pass` has; `later` is never bound.
def no_code():
    """Says nothing."""
    global NEVER
    pass
    later: str
    now: str = "now"
    return now


# 35. What the compiler drops never runs; the test before it keeps its line.
def dropped():
    if False:
        lost = 1
    if __debug__:
        kept = 2
    while 0:
        lost = 3
    return kept


def told(value):
    return value


# 36. Only the operands that decide are called: "", "x", True, 7.
def short_circuit():
    return told("") or told("x") and (told(7) if told(True) else told(8))


# 37. The middle operand is called once; after the false comparison nothing is.
def chained_comparison():
    return told(1) <= told(1) < told(0) < told(9)


# 38. The message is made only because the assertion fails.
def why():
    return "too small"


def assertion():
    size = 2
    assert size > 1, why()
    try:
        assert size > 2, why()
    except AssertionError as error:
        return error.args


# 39. The list inside the tuple has grown although the statement raised.
def half_way():
    pair = ([1], "x")
    try:
        pair[0] += [2]
    except TypeError:
        return pair


def run():
    long_call()
    long_literal()
    decorated()
    no_code()
    dropped()
    short_circuit()
    chained_comparison()
    assertion()
    half_way()
