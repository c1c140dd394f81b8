"""Reads Tracemill data sets: rows, the state of the program at each step, the tree of calls."""

from tracemill_reader.dataset import rows, traces
from tracemill_reader.digest import check_row, row_digest
from tracemill_reader.dynamic import dynamic_text, state_text
from tracemill_reader.heap import Object, Value
from tracemill_reader.machine import Activation
from tracemill_reader.packing import Packed, loss_mask, pack
from tracemill_reader.trace import Call, State, Trace

__all__ = [
    "Activation",
    "Call",
    "Object",
    "Packed",
    "State",
    "Trace",
    "Value",
    "check_row",
    "dynamic_text",
    "loss_mask",
    "pack",
    "row_digest",
    "rows",
    "state_text",
    "traces",
]
