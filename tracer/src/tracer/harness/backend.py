"""The tracers of this harness: the one in C makes the product's traces, the reference checks it."""

from tracer import core, reference
from tracer.reference import Spec
from tracer.wire import Sink

# By the name in a request.
TRACERS = {"core": core.TRACER, "reference": reference.TRACER}
PRODUCT = TRACERS["core"]

type Recorder = core.Recorder | reference.Recorder


def recorder(backend: str, spec: Spec, sink: Sink) -> Recorder:
    """Of the backend that a request names."""
    make = core.Recorder if backend == "core" else reference.Recorder
    return make(spec, sink)
