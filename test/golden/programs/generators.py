# call: run()
log = []


def inner():
    got = yield 1
    return got


def outer():
    try:
        result = yield from inner()
        yield result
    except ValueError:
        yield "caught"
    finally:
        log.append("closed")


def run():
    one = outer()
    values = [next(one), one.send("v")]
    values.append(one.throw(ValueError("x")))
    one.close()
    two = outer()
    next(two)
    two = None
    log.append("after")
    never = outer()
    never.close()
    return values, sum(n for n in (1, 2)), log
