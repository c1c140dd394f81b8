# call: run()
class Quiet(Exception):
    def __str__(self):
        raise RuntimeError("never asked")


def fail(kind):
    try:
        raise kind("bad")
    except KeyError as error:
        raise ValueError("worse") from error
    finally:
        done = True


def again():
    try:
        1 / 0
    except ZeroDivisionError:
        raise


def swallow():
    try:
        [][1]
    finally:
        return "ok"


def run():
    seen = []
    for kind in (KeyError, Quiet):
        try:
            fail(kind)
        except (ValueError, Quiet) as error:
            seen.append(type(error).__name__)
        else:
            seen.append("never")
    try:
        again()
    except ArithmeticError as error:
        seen.append(error.__traceback__.tb_lineno)
    seen.append(swallow())
    try:
        raise ExceptionGroup("g", [ValueError(1), TypeError(2)])
    except* ValueError as group:
        seen.append(len(group.exceptions))
    except* TypeError:
        seen.append("type")
    raise LookupError("end", seen)
