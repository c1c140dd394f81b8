# call: run()
def generic[T](value: T) -> T:
    return value


def run():
    made = type("Made", (), {"k": 1})
    thing = made()
    thing.__dict__["odd key"] = 1
    scope = {"__builtins__": {}}
    exec("y = 2", scope)
    z = eval("[n for n in (1, 2)]")
    local = locals()
    local["z"] = None
    return generic(len(scope)), z, made.__name__
