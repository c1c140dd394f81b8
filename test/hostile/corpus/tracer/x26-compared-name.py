# expect: returned (tampered)
# attack: a name that is compared with those of the harness, and asks it to stop counting meanwhile
# after:  the canary of the same sandbox is unchanged
# kind:   source
# value:  [False, 'f']
import sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader

loader = ExtensionFileLoader("tracer._harness", "/opt/tracemill/tracer/_harness.so")
harness = module_from_spec(spec_from_loader("tracer._harness", loader))
served = []
above = []


class Name:
    def __hash__(self):
        return hash("<capture>")

    def __eq__(self, other):
        frame = sys._getframe()
        while frame is not None:
            above.append(frame.f_code.co_filename)
            frame = frame.f_back
        try:
            harness.fuel_pause()
            served.append("fuel_pause")
        except RuntimeError:
            pass
        return False


globals()[Name()] = 1


def f():
    return [bool(served) or any("tracemill" in name for name in above), f.__name__]
