# call: run()
# Calls that Python code, C code and operators make.


# 66. One state per frame: depths 2 to 5, and `size` is bound from the inside out.
def digits(number):
    size = 1 if number < 10 else 1 + digits(number // 10)
    return size


# 67. Two functions that call each other, four frames, four returns of one value.
def ping(left):
    return "end" if not left else pong(left - 1)


def pong(left):
    return "end" if not left else ping(left - 1)


# 69. Called back by C code: the frames of the lambdas have this frame as caller.
def called_back():
    words = sorted(("bb", "a", "ccc"), key=lambda word: -len(word))
    return list(filter(lambda word: word != "a", words))


# 70. Operators call methods exactly as often as the program does; looking at values calls none.
class Money:
    def __init__(self, cents):
        self.cents = cents

    def __sub__(self, other):
        return Money(self.cents - other.cents)

    def __lt__(self, other):
        return self.cents < other.cents

    def __eq__(self, other):
        return self.cents == other.cents

    def __hash__(self):
        return 7

    def __len__(self):
        return self.cents

    def __contains__(self, item):
        return item == self.cents


def operators():
    rest = Money(5) - Money(2)
    known = {rest: "three"}
    return rest < Money(9), known[Money(3)], bool(rest), 3 in rest


# 71. The property is read twice by the program and never by the tracer.
class Counter:
    reads = 0

    @property
    def value(self):
        Counter.reads += 1
        return Counter.reads


def properties():
    counter = Counter()
    return [counter.value, counter.value]


# 72. Neither attribute hook has a frame but where the program asks.
class Guarded:
    def __init__(self):
        object.__setattr__(self, "inside", [1])

    def __getattribute__(self, name):
        raise PermissionError(name)

    def __setattr__(self, name, value):
        raise PermissionError(name)


class Lazy:
    def __getattr__(self, name):
        return name * 2


def attribute_hooks():
    guarded = Guarded()
    lazy = Lazy()
    return type(guarded).__name__, lazy.ab


def run():
    digits(4321)
    ping(3)
    called_back()
    operators()
    properties()
    attribute_hooks()
