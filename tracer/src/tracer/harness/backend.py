"""The tracer that this harness runs: one name for each thing it needs of it."""

from tracer import values
from tracer.reference import Recorder, RunResult, Spec
from tracer.wire import TRACER, end_record, fault_record, header_record

__all__ = [
    "TRACER",
    "Recorder",
    "RunResult",
    "Spec",
    "end_record",
    "fault_record",
    "header_record",
    "values",
]
