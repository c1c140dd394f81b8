# call: run()
# Generators keep their frame; yield, resume, throw and close are events of it.

notes = []


# 40. Making it is no call; two activations of one frame number; left suspended it has no return.
def countdown():
    left = 2
    yield left
    left = 1
    yield left


def twice():
    steps = countdown()
    return [next(steps), next(steps)]


# 41. What is sent is bound when the generator runs on.
def average():
    total = count = 0
    while True:
        value = yield total and total / count
        total += value
        count += 1


def sending():
    means = average()
    next(means)
    return means.send(4), means.send(8)


# 42. throw: resume, then raise; close raises GeneratorExit, `finally` runs, the frame is unwound.
def stubborn():
    try:
        yield "waiting"
    except KeyError as error:
        yield error.args[0]
    finally:
        notes.append("closed")


def throwing():
    talk = stubborn()
    next(talk)
    answer = talk.throw(KeyError("no"))
    talk.close()
    return answer, notes


# 43. While the inner one runs the outer is below it; the value of its return binds `got`; no exception shows.
def inner():
    sent = yield "in"
    return sent


def outer():
    got = yield from inner()
    yield [got]


def delegating():
    chain = outer()
    first = next(chain)
    return first, chain.send("s")


# 44. The generator expression is resumed by C code with this frame as its caller.
def driven_by_c():
    words = ["aa", "b"]
    return max(len(word) for word in words)


# 45. It is finalised where its last reference goes, before the next line.
def guarded():
    try:
        yield
    finally:
        notes.append("finalised")


def finalised():
    held = guarded()
    next(held)
    held = 0
    notes.append("later")
    return notes[-2:]


def run():
    twice()
    sending()
    throwing()
    delegating()
    driven_by_c()
    finalised()
