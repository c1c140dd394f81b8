"""Work that PID 1 does before its first fork, so that no child has to do it again: see _harness."""

import functools
import gc
import json
import sys
import types
from collections.abc import Callable
from opcode import opmap

from tracer import _core, _harness
from tracer.harness import child, stdio
from tracer.plan import plan_of

# The interpreter specializes code after a few runs of it.
_ROUNDS = 8
_TOOL_ID = 5
_OWN_FOLDER = "/opt/tracemill/"
# Above what the interpreter's own allocator serves.
_LARGE_BYTES = 528
# What a child runs before the work that is rehearsed.
_BEFORE = (child.run.__code__, child.__dict__["_serve"].__code__)

_SOURCE = """import json

class Box:
    def __init__(self, items):
        self.items = items

def f(text, *, box):
    total = 0
    for item in box.items:
        total += item
    if not text:
        raise ValueError("no text")
    return {"total": total, "text": json.loads(text)}, [1.5, None, True], ("a", b"b"), {3}
"""
_SETUP = "box = Box([1, 2, 3])"
# Setup and call.
_INPUTS = (
    (_SETUP, "f('[1, 2]', box=box)"),
    ("", "f('', box=Box([]))"),
    (_SETUP, "box.items.append(4)"),
)
_LIMITS = {
    "events": 10_000,
    "stringCodePoints": 10_000,
    "stringHead": 1_000,
    "containerItems": 1_000,
    "depth": 20,
    "objectBytes": 65_536,
}


def _document(setup: str, call: str) -> bytes:
    fields = {
        "kind": "source",
        "source": _SOURCE,
        "entry": "f",
        "setup": setup,
        "call": call,
        "granularity": "line",
        "scope": "record",
        "backend": "core",
        "limits": _LIMITS,
    }
    return json.dumps(fields).encode()


def _round(command: int) -> None:
    for setup, call in _INPUTS:
        work = functools.partial(child.perform, command, _document(setup, call), bytes(32))
        _harness.rehearse(work)
        del sys.modules["record"]


def _work(command: int) -> None:
    _round(command)
    # What runs inside a callback of events is heard of by none.
    plan_of(_round.__code__)


def _used_code(work: Callable[[], None]) -> list[types.CodeType]:
    """All code that runs in it, in the order of its first call."""
    used: dict[int, types.CodeType] = {}
    monitoring = sys.monitoring
    event = monitoring.events.PY_START
    monitoring.use_tool_id(_TOOL_ID, "tracemill-rehearsal")
    monitoring.register_callback(_TOOL_ID, event, lambda code, _: used.setdefault(id(code), code))
    monitoring.set_events(_TOOL_ID, event)
    work()
    monitoring.set_events(_TOOL_ID, monitoring.events.NO_EVENTS)
    monitoring.register_callback(_TOOL_ID, event, None)
    monitoring.free_tool_id(_TOOL_ID)
    # Named tuples are made of text; the texts of the rehearsed programs have other names.
    own = [code for code in used.values() if code.co_filename.startswith(("/", "<string>"))]
    return [*_BEFORE, *own]


def _padded(code: types.CodeType) -> bytes:
    """Its instructions, with more behind the end where the code is small.

    Small objects lie in a place of their own for each size: a page would be copied for each.
    """
    if not code.co_filename.startswith(_OWN_FOLDER):
        return code.co_code
    missing = _LARGE_BYTES - sys.getsizeof(code)
    return code.co_code + bytes((opmap["NOP"], 0)) * max(0, missing // 2)


def _gather(used: list[types.CodeType]) -> None:
    """Copies code that every child runs to one place, in the order of its first call.

    The interpreter counts inside code while it runs, so each page with such code is copied for
    each child: better a few pages full of it than one page for each.
    """
    copies: dict[int, types.CodeType] = {}
    wanted = {id(code) for code in used}

    def copy(code: types.CodeType) -> types.CodeType:
        if id(code) not in copies:
            consts = [
                copy(part) if type(part) is types.CodeType and id(part) in wanted else part
                for part in code.co_consts
            ]
            copies[id(code)] = code.replace(co_code=_padded(code), co_consts=tuple(consts))
        return copies[id(code)]

    for code in used:
        copy(code)
    for function in gc.get_objects():
        if type(function) is types.FunctionType and id(function.__code__) in copies:
            function.__code__ = copies[id(function.__code__)]


def rehearse(command: int) -> None:
    """A few known programs as a child runs them. Nothing of them is left but faster code."""
    streams = {name: sys.__dict__[name] for name in stdio.NAMES}
    _harness.fuel_prepare()
    used = _used_code(lambda: _work(command))
    # What is copied now lies together only where there is no hole to fill.
    _harness.fill_holes()
    _gather(used)
    for _ in range(_ROUNDS):
        _round(command)
    # What the recorder did not want to hear of in these programs is told of again. The
    # interpreter then rewrites each code that runs: here, and not in each child.
    sys.monitoring.restart_events()
    _round(child.COMMAND_CONFIRM)
    _core.close()
    sys.__dict__.update(streams)
