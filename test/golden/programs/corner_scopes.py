# call: run()
# Class bodies, exec, attributes, unpacking, arguments, imports, type parameters.


# 11. The body of the class is a frame of its own; bookkeeping names are left out; `Box` is bound after it.
def class_body():
    class Box:
        sides = 4
        corners = sides * 2

    return Box.corners


# 12. Text run by exec gives no event; it and the snapshot of locals() leave the local alone.
def run_text():
    depth = 1
    exec("depth = 7")
    snapshot = locals()
    snapshot["depth"] = 8
    return depth


# 13. The attribute has its mangled name in the fields of the instance.
class Safe:
    def __init__(self, code):
        self.__code = code


def mangled_attribute():
    safe = Safe("1234")
    return [*vars(safe)]


# 14. Several names are bound by one line; a swap changes two and leaves the third unsaid.
def unpacking():
    first, *rest, last = "north"
    first, last = last, first
    return first, rest, last


# 15. Two names of one list; the addition gives one of them a new object.
def chained():
    left = right = [0]
    left.append(1)
    right = right + [2]
    return left, right


# 16. The default is one object for all calls: the second call starts with what the first left.
def remember(word, words=["start"]):
    words.append(word)
    return len(words)


def mutable_default():
    remember("one")
    return remember("two")


# 17. All parameters are bound at the call, before the first line.
def parameters(one, /, two=20, *more, three, **options):
    return one, two, more, three, options


def argument_kinds():
    return parameters(1, *(2, 3), three="c", four="d")


# 18. An import binds a module, shown by name only; the import itself gives no event.
def local_import():
    import string as letters

    return letters.digits[:3]


# 19. The hidden function that makes the type parameters of `same` is no call.
def type_parameters():
    def same[T](item: T) -> T:
        return item

    return same("s"), len(same.__type_params__)


def run():
    class_body()
    run_text()
    mangled_attribute()
    unpacking()
    chained()
    mutable_default()
    argument_kinds()
    local_import()
    type_parameters()
