"""Runs one input of a loaded record, many times in one child, and says what it did."""

import ast
import asyncio
import io
import json
import random
import signal
import sys
import threading
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tracer import values
from tracer.synthesis.coverage import FuelSpentError, Observer, Seen
from tracer.synthesis.target import Record

Outcome = Literal["returned", "raised", "exited", "input-failed", "fuel-exceeded"]

_CAPTURE = "<capture>"
_CO_COROUTINE = 0x80
# One execution may use so much processor time, whatever its fuel; then its process ends.
RUN_SECONDS = 1.0
OUTPUT_MAX = 64 * 1024

RENDER_LIMITS = {
    "stringCodePoints": 2_000,
    "stringHead": 500,
    "containerItems": 100,
    "depth": 6,
    "objectBytes": 8 * 1024,
}


class OutputSpentError(BaseException):
    """Raised into a candidate that prints without end."""


class LeftOutError(Exception):
    """It ended a child before, and so is not run."""


class _Output(io.StringIO):
    """What a candidate prints is counted and forgotten."""

    def write(self, text: str) -> int:
        if self.tell() > OUTPUT_MAX:
            raise OutputSpentError
        return super().write(text)


@dataclass
class Call:
    """A callee with ready arguments."""

    callee: Callable[..., object]
    args: tuple[object, ...]
    kwargs: dict[str, object]


@dataclass
class Result:
    """The end of one execution. `live` are its arguments, for who learns from a failure."""

    outcome: Outcome
    seen: Seen
    value: object = None
    error: BaseException | None = None
    call: Call | None = None

    @property
    def exception(self) -> str | None:
        """Name of the exception's type."""
        return None if self.error is None else type(self.error).__name__

    @property
    def return_type(self) -> str | None:
        return type(self.value).__name__ if self.outcome == "returned" else None

    @property
    def is_type_failure(self) -> bool:
        """It failed on the type of what it was given before it took any branch."""
        is_type = isinstance(self.error, TypeError | AttributeError)
        return self.outcome == "input-failed" or (is_type and not self.seen.branches)


def _capture(callee: Callable[..., object], /, *args: object, **kwargs: object) -> Call:
    return Call(callee, args, kwargs)


def _capturing(call: str) -> types.CodeType:
    tree = ast.parse(call.strip(), "<call>", mode="eval")
    body = tree.body
    if not isinstance(body, ast.Call):
        raise SyntaxError("the call is not a call expression")
    body.args.insert(0, body.func)
    body.func = ast.copy_location(ast.Name(_CAPTURE, ast.Load()), body.func)
    return compile(tree, "<call>", "eval", dont_inherit=True)


def is_coroutine(callee: object) -> bool:
    """Whether a call of it must be awaited."""
    function = callee.__func__ if type(callee) is types.MethodType else callee
    if type(function) is not types.FunctionType:
        return False
    return function.__code__.co_flags & _CO_COROUTINE != 0


class Runner:
    """Executions of one child. `announce` is called with the number of each before it begins."""

    def __init__(self, record: Record, observer: Observer, announce: Callable[[int], bool]) -> None:
        self.record = record
        self.observer = observer
        self.count = 0
        self.fuel_spent = 0
        self._announce = announce
        self._environment = (sys.stdout, sys.stderr)
        self.give_up: Callable[[], object] = lambda: None

    def begins(self) -> bool:
        """Takes the next number; False where this execution ended a child before."""
        number = self.count
        self.count += 1
        return self._announce(number)

    def detach(self) -> None:
        """In a fork, whose executions are announced as one by whoever waits for it."""
        self._announce = lambda number: True
        self.give_up = lambda: None

    def namespace(self, record: Record | None = None) -> dict[str, object]:
        """A copy of the record's names, for the statements of one input."""
        which = record or self.record
        return {**which.extra, **which.names, _CAPTURE: _capture}

    def run(self, setup: str, call: str, fuel: int, record: Record | None = None) -> Result | None:
        """None where this execution is one that ends the child, and so is left out."""
        if not self.begins():
            return None
        signal.setitimer(signal.ITIMER_PROF, RUN_SECONDS)
        random.seed(0)
        sys.stdout = sys.stderr = _Output()
        observer = self.observer
        observer.begin(fuel)
        try:
            result = self._guarded(setup, call, record)
        finally:
            seen = observer.end(fuel)
            sys.stdout, sys.stderr = self._environment
        signal.setitimer(signal.ITIMER_PROF, 0)
        result.seen = seen
        if seen.is_spent:
            result.outcome, result.value = "fuel-exceeded", None
        self.fuel_spent += seen.fuel
        return result

    def aside(self, work: Callable[[], object], fuel: int, seconds: float) -> BaseException | None:
        """Runs something that is no candidate under bounds of its own; returns what ended it."""
        if not self.begins():
            return LeftOutError()
        signal.setitimer(signal.ITIMER_PROF, seconds)
        random.seed(0)
        sys.stdout = sys.stderr = _Output()
        self.observer.begin(fuel)
        ended: BaseException | None = None
        try:
            work()
        except BaseException as error:
            ended = error
        finally:
            self.observer.end(fuel)
            sys.stdout, sys.stderr = self._environment
        signal.setitimer(signal.ITIMER_PROF, 0)
        return ended

    def _guarded(self, setup: str, call: str, record: Record | None) -> Result:
        seen = Seen()
        try:
            namespace = self.namespace(record)
            if setup:
                exec(compile(setup, "<setup>", "exec", dont_inherit=True), namespace)
            ready = eval(_capturing(call), namespace)
        except BaseException as error:
            self.observer.pause()
            return Result("input-failed", seen, error=error)
        callee, args, kwargs = ready.callee, ready.args, ready.kwargs
        try:
            if is_coroutine(callee):
                value = asyncio.run(callee(*args, **kwargs))
            else:
                value = callee(*args, **kwargs)
        except SystemExit as error:
            self.observer.pause()
            return Result("exited", seen, error=error, call=ready)
        except (FuelSpentError, OutputSpentError) as error:
            self.observer.pause()
            return Result("fuel-exceeded", seen, error=error, call=ready)
        except BaseException as error:
            self.observer.pause()
            return Result("raised", seen, error=error, call=ready)
        self.observer.pause()
        return Result("returned", seen, value=value, call=ready)

    def is_spoiled(self) -> bool:
        """Whether what ran left threads or changed tools behind."""
        return threading.active_count() > 1 or not self.observer.is_intact()


def rendered(result: Result) -> dict[str, str | None]:
    """Outcome, value, exception and arguments after the call, as texts. Runs nothing of it."""
    value = None
    if result.outcome == "returned":
        value = values.render(result.value, RENDER_LIMITS)[0]
    kind, message = None, None
    if result.error is not None and result.outcome in ("raised", "exited"):
        kind, message = values.exception_text(result.error, RENDER_LIMITS)
    after = None
    if result.call is not None and result.outcome != "fuel-exceeded":
        args = [values.render(each, RENDER_LIMITS)[0] for each in result.call.args]
        kwargs = {
            name: values.render(each, RENDER_LIMITS)[0] for name, each in result.call.kwargs.items()
        }
        callee = result.call.callee
        owner = None
        if type(callee) is types.MethodType:
            owner = values.render(callee.__self__, RENDER_LIMITS)[0]
        after = json.dumps([owner, args, kwargs])
    return {
        "outcome": result.outcome, "value": value, "exception": kind, "message": message,
        "after": after,
    }  # fmt: skip
