"""What a function returns for each of some calls, all made in one child.

Functions are told apart by what they do with the inputs of a benchmark. Executions are announced
and left out as those of a search are (probe.py).
"""

import threading
import warnings
from collections.abc import Callable
from typing import Any

from tracer import values
from tracer.synthesis.coverage import Observer
from tracer.synthesis.probe import SPOILED_STATUS, Announce, Json, ProbeRunner, load
from tracer.synthesis.run import RENDER_LIMITS, Result


def _literal(result: Result | None) -> str | None:
    """The value as a literal; None where the call ended otherwise, or no literal says it."""
    if result is None or result.outcome != "returned":
        return None
    text, is_literal = values.render(result.value, RENDER_LIMITS)
    return text if is_literal else None


def main(request: Json, announce: Announce, leave: Callable[[int], None]) -> dict[str, Any]:
    """The answer to a request with `calls`. `leave` ends the process at once."""
    warnings.simplefilter("ignore")
    threading.excepthook = lambda *_: None
    calls: list[str] = request["calls"]
    try:
        announce(-1)
        loaded = load(request)
    except BaseException:
        return {"v": 1, "values": [None for _ in calls]}
    runner = ProbeRunner(loaded, Observer(()), announce, request)
    found: list[str | None] = []
    for call in calls:
        found.append(_literal(runner.run("", call, request["fuel"])))
        if runner.is_spoiled():
            # This call is left out when the request comes again.
            leave(SPOILED_STATUS)
    return {"v": 1, "values": found}
