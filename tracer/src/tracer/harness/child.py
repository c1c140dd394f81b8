"""One child: reads its request, does one thing, and ends without a handler of the program."""

import _random
import json
import os
import random
from typing import Any, NoReturn

from tracer import _harness, analyze
from tracer.core import RecorderError
from tracer.harness import invocation, protect, stdio
from tracer.harness.request import Request
from tracer.harness.variants import Variant
from tracer.safe import protect as keep_private
from tracer.synthesis import forks, outputs, probe
from tracer.wire import fault_record

keep_private(globals())

FAULT_STATUS = 70
COMMAND_TRACE = 1
COMMAND_CONFIRM = 2
COMMAND_ANALYZE = 3
COMMAND_PROBE = 4

# What `random.seed` of a number comes to. A number goes in as it is; bytes would be hashed first.
_generator: random.Random = random.__dict__["_inst"]
_seed = _random.Random.seed


def run(variant: Variant, command: int, document: bytes, seed: bytes) -> NoReturn:
    """Never returns: the process ends here, so that nothing of it runs in PID 1's place."""
    try:
        _serve(variant, command, document, seed)
    except BaseException as error:
        _give_up(error)
    _harness.leave(0)


def _give_up(error: BaseException) -> NoReturn:
    """A mistake of the harness, or a program that broke it: no end of the program itself."""
    protect.restore()
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = "" if place is None else f" at {place.tb_frame.f_code.co_filename}:{place.tb_lineno}"
    what = error.args[0] if type(error) is RecorderError else type(error).__name__
    text = f"harness: {what}{where}"
    os.write(2, text.encode())
    _harness.append_end(fault_record(text))
    _harness.leave(FAULT_STATUS)


def _serve(variant: Variant, command: int, document: bytes, seed: bytes) -> None:
    _harness.arm_world(
        seed, variant.clock_base_ns, variant.clock_monotonic_ns, variant.clock_ns_per_fuel
    )
    perform(command, document, seed)


def perform(command: int, document: bytes, seed: bytes) -> None:
    """All that is Python of a child. PID 1 rehearses it."""
    stdio.install()
    _seed(_generator, int.from_bytes(seed))
    if command == COMMAND_TRACE:
        invocation.run(Request.parse(document), traced=True)
    elif command == COMMAND_CONFIRM:
        invocation.run(Request.parse(document), traced=False)
    elif command == COMMAND_ANALYZE:
        answer = analyze.main(json.loads(document))
        _harness.append_end(json.dumps(answer).encode())
    elif command == COMMAND_PROBE:
        _probe(json.loads(document))


def _probe(request: dict[str, Any]) -> None:
    """Numbers of executions, each before it begins, then a zero byte and the answer."""
    append, leave = _harness.append, _harness.leave
    forks.guard(leave)
    ask = outputs.main if "calls" in request else probe.main
    answer = ask(request, lambda number: append(b"%d\n" % number), leave)
    protect.restore()
    _harness.append_end(b"\0" + json.dumps(answer).encode())
