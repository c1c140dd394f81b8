# expect: returned (tampered opaque)
# attack: asks the harness from a trace function, where the harness's own callbacks ask it
# after:  the canary of the same sandbox is unchanged
# kind:   source
# value:  []
import sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader

loader = ExtensionFileLoader("tracer._harness", "/opt/tracemill/tracer/_harness.so")
harness = module_from_spec(spec_from_loader("tracer._harness", loader))
served = []


def asks(frame, event, arg):
    sys.settrace(None)
    for name, args in (("fuel_pause", ()), ("append", (b"x",)), ("leave", (0,))):
        try:
            getattr(harness, name)(*args)
            served.append(name)
        except RuntimeError:
            pass


def g():
    return 1


def f():
    sys.settrace(asks)
    g()
    return served
