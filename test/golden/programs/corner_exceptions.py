# call: run()
# Exceptions: one number each, wherever they pass.
import sys


# 82. Round one: body, else, finally. Round two: body raises, handler, finally.
def order():
    log = []
    for key in ("a", "b"):
        try:
            {"a": 1}[key]
        except KeyError:
            log.append("handler")
        else:
            log.append("else")
        finally:
            log.append("finally")
    return log


# 83. The second exception has the first as its cause and as its context.
def cause():
    try:
        try:
            [].pop()
        except IndexError as error:
            raise LookupError("nothing there") from error
    except LookupError as error:
        return error.__cause__ is error.__context__


# 84. One exception, raised, handled, raised again, unwound, and handled in the caller: one number.
def relay():
    try:
        int("")
    except ValueError:
        raise


def bare_raise():
    try:
        relay()
    except ValueError as error:
        return error.__traceback__.tb_next.tb_lineno - relay.__code__.co_firstlineno


# 85. Each except* gets a group of its own; what no clause takes goes on.
def groups():
    sizes = []
    try:
        try:
            raise ExceptionGroup("many", [OSError(1), KeyError("k"), OSError(2), EOFError()])
        except* OSError as group:
            sizes.append(len(group.exceptions))
        except* KeyError as group:
            sizes.append(len(group.exceptions))
    except* EOFError as group:
        sizes.append(group.message)
    return sizes


# 86. The exception is handled by `finally`, whose return ends it: the frame returns.
def swallowed():
    try:
        raise OSError(5, "lost")
    finally:
        return "returned"


# 87. The end of the iterator is raised and unwinds in its own frame, and is no event of the loop.
class Pair:
    def __init__(self):
        self.left = 1

    def __iter__(self):
        return self

    def __next__(self):
        if not self.left:
            raise StopIteration
        self.left -= 1
        return "item"


def end_of_iterator():
    for item in Pair():
        last = item
    return last


# 88. Arguments are shown from where they are stored; __str__ and __repr__ are not run.
class Mute(Exception):
    def __str__(self):
        raise SystemError("asked for a text")

    __repr__ = __str__


def broken_text():
    try:
        raise Mute("a", 2)
    except Mute as error:
        return error.args


# 89. The exception ends the finaliser's frame and goes no further.
class Late:
    def __del__(self):
        raise EOFError("late")


def in_finaliser():
    seen = []
    sys.unraisablehook = lambda told: seen.append(told.exc_type)
    late = Late()
    late = None
    return seen


# 90. A handler of everything catches what the program raises, and nothing of the tracer.
def catches_everything():
    caught = []
    for kind in (SystemExit, KeyboardInterrupt, GeneratorExit):
        try:
            raise kind
        except BaseException as error:
            caught.append(type(error).__name__)
    return caught


# 91. Type, arguments and attributes are those of the interpreter that the project pins.
def messages():
    try:
        (1).missing
    except AttributeError as error:
        error.add_note("seen")
        return error.name, error.obj, error.__notes__


def run():
    order()
    cause()
    bare_raise()
    groups()
    swallowed()
    end_of_iterator()
    broken_text()
    in_finaliser()
    catches_everything()
    messages()
