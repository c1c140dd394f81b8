# expect: returned (tampered)
# attack: compiles code under names of the tracer
# after:  the canary of the same sandbox is unchanged
# kind:   source
def f():
    names = {}
    for file in ("/opt/tracemill/tracer/reference.py", "<record>"):
        exec(compile("x = 1\nwhile x < 50:\n    x += 1", file, "exec"), names)
    return names["x"]
