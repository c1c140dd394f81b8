# call: run()
COUNT = 0
UNUSED = 1


def counter(start, *, step=1, history=[]):
    value = start

    def bump():
        nonlocal value
        global COUNT
        value += step
        COUNT += 1
        history.append(value)
        return value

    return bump


def run():
    global LATER
    first = counter(10)
    second = counter(0, step=5)
    LATER = [first(), second(), first()]
    del LATER
    return COUNT
