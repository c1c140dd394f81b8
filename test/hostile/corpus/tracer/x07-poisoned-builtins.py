# expect: returned
# attack: takes builtins away
# after:  the canary of the same sandbox is unchanged
# kind:   source
import builtins


def f():
    for name in ("repr", "len", "isinstance", "type", "sorted", "dict", "list", "str", "int"):
        setattr(builtins, name, None)
    return 7
