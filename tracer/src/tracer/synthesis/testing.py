"""Calls of a function while the tests of its text run: inputs that stand nowhere as literals.

The tests are a program of their own (the module as it is written, run as `__main__`, then its test
functions), so nothing of them stays in the record that is searched. Arguments are written down as
the call begins, before the function can change them.
"""

import inspect
import sys
import types
import unittest
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tracer.synthesis.coverage import nested_codes
from tracer.synthesis.expressions import NoExpressionError, Value, expression_of
from tracer.synthesis.run import Runner
from tracer.synthesis.target import Target
from tracer.synthesis.trials import Candidate

_FILE = "<tests>"
# Far more than are kept; a test in a loop of a thousand says little that is new.
RECORDED_MAX = 100
CALLS_MAX = 5_000
CALLERS_MAX = 100
# What one traced invocation may use by default.
FUEL = 10_000_000
SECONDS = 25.0


@dataclass
class Tests:
    """What became of them; `error` is the type of what failed first, None where all passed."""

    error: str | None = None
    calls: int = 0
    unwritten: int = 0
    """Calls with an argument that no expression makes again."""
    recorded: list[Candidate] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "error": self.error,
            "calls": self.calls,
            "unwritten": self.unwritten,
            "recorded": len(self.recorded),
        }


def _arguments(frame: types.FrameType, skip: int) -> tuple[tuple[Value, ...], tuple[str, ...]]:
    """Positional, then by keyword. Raises NoExpressionError."""
    code, names = frame.f_code, frame.f_locals
    count = code.co_argcount
    items = [expression_of(names[name]) for name in code.co_varnames[skip:count]]
    at = count + code.co_kwonlyargcount
    keywords = list(code.co_varnames[count:at])
    named = {name: names[name] for name in keywords}
    if code.co_flags & inspect.CO_VARARGS:
        items += [expression_of(each) for each in names[code.co_varnames[at]]]
        at += 1
    if code.co_flags & inspect.CO_VARKEYWORDS:
        named.update(names[code.co_varnames[at]])
    items += [expression_of(value) for value in named.values()]
    return tuple(items), tuple(named)


def _is_inner(frame: types.FrameType) -> bool:
    """Whether the function is called by itself."""
    caller = frame.f_back
    for _ in range(CALLERS_MAX):
        if caller is None:
            return False
        if caller.f_code is frame.f_code:
            return True
        caller = caller.f_back
    return False


class _Recorder:
    """Writes down the calls of some codes while it is installed."""

    def __init__(self, target: Target) -> None:
        self.tests = Tests()
        self._target = target
        self._texts: set[str] = set()

    def started(self, code: types.CodeType, offset: int) -> object:
        del offset
        tests = self.tests
        tests.calls += 1
        if len(tests.recorded) >= RECORDED_MAX or tests.calls > CALLS_MAX:
            return sys.monitoring.DISABLE
        frame = sys._getframe(1)
        if frame.f_code is code and not _is_inner(frame):
            self._write(frame)
        return None

    def _write(self, frame: types.FrameType) -> None:
        target = self._target
        try:
            items, names = _arguments(frame, 1 if target.skips_first else 0)
        except NoExpressionError:
            self.tests.unwritten += 1
            return
        call = Value("call", target.callee, "", items, names).text
        if target.wrap is not None:
            call = target.wrap.replace("{}", call, 1)
        if call not in self._texts:
            self._texts.add(call)
            self.tests.recorded.append(Candidate("", call, "test"))


def _test_functions(names: dict[str, object]) -> Iterator[Callable[[], object]]:
    for name, value in list(names.items()):
        if not isinstance(value, types.FunctionType) or not name.startswith("test"):
            continue
        parameters = inspect.signature(value).parameters.values()
        if all(each.default is not each.empty for each in parameters):
            yield value


def _run_cases(names: dict[str, object]) -> None:
    failed = False
    for value in list(names.values()):
        if not isinstance(value, type) or value.__module__ != "__main__":
            continue
        if not issubclass(value, unittest.TestCase):
            continue
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(value).run(result)
        failed = failed or not result.wasSuccessful()
    if failed:
        raise AssertionError


def _failure(work: Callable[[], object]) -> Exception | None:
    """What a test raised. A main block often ends with its process: that is no failure."""
    try:
        work()
    except SystemExit:
        return None
    except Exception as error:
        return error
    return None


def _run(code: types.CodeType) -> None:
    """Raises what failed first, once all of them ran."""
    module = types.ModuleType("__main__")
    module.__file__ = _FILE
    names = module.__dict__
    failures = [_failure(lambda: exec(code, names))]
    failures += [_failure(test) for test in _test_functions(names)]
    failures.append(_failure(lambda: _run_cases(names)))
    for each in failures:
        if each is not None:
            raise each


def record(asked: dict[str, str], target: Target, runner: Runner) -> Tests:
    """Runs the tests once. `asked` has their whole text, and the name of the function in it."""
    recorder = _Recorder(target)
    tests = recorder.tests
    if target.form in ("method", "property", "constructor"):
        # What a receiver was before the call no expression says.
        tests.error = "NoReceiver"
        return tests
    try:
        code = compile(asked["source"], _FILE, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as refused:
        tests.error = type(refused).__name__
        return tests
    monitoring = sys.monitoring
    start = monitoring.events.PY_START
    # The recorders of traces hold some of the six numbers.
    tool = next(each for each in range(6) if monitoring.get_tool(each) is None)
    monitoring.use_tool_id(tool, "tracemill-tests")
    monitoring.register_callback(tool, start, recorder.started)
    for each in nested_codes(code):
        if each.co_qualname == asked["entry"]:
            monitoring.set_local_events(tool, each, start)
    try:
        error = runner.aside(lambda: _run(code), FUEL, SECONDS)
    finally:
        monitoring.free_tool_id(tool)
    tests.error = None if error is None else type(error).__name__
    return tests
