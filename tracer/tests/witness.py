"""A third witness: tests of CPython's own suite pass and fail alike with and without the tracer.

Each class of tests runs in two children, of which one is traced at granularity `line`: every line
of its modules is an event. What each test came to is compared. A class that takes too many events
or too much time is run test by test, and a test that does is told of. Exit code 1 where one
differs.
"""

import argparse
import contextlib
import doctest
import importlib
import json
import os
import signal
import sys
import time
import unittest
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from pool import asked, spread
from support import LIMITS

from tracer import core
from tracer.reference import Spec

LIST = Path(__file__).resolve().parent / "witness_modules.txt"
GRANULARITY = "line"
# What takes more of either, a class or a test, is cut.
EVENTS_MAX = 5_000_000
CPU_SECONDS_MAX = 60
# Tests of recursion go as deep with the frames of the tracer below them.
_ROOM = 400


def listed() -> tuple[list[str], dict[str, str]]:
    """Names of modules; and of modules, or `MODULE.CLASS.TEST`, that are left out, with why."""
    names: list[str] = []
    left_out: dict[str, str] = {}
    for line in LIST.read_text(encoding="utf-8").splitlines():
        name, _, why = line.partition(" - ")
        if why:
            left_out[name] = why
        elif line and not line.startswith("#"):
            names.append(name)
    return names, left_out


def _outcomes(ids: list[str], result: unittest.TestResult) -> dict[str, str]:
    """What each test came to; of one with parts the last that failed."""
    found = dict.fromkeys(ids, "passed")
    lists = {
        "failed": result.failures,
        "error": result.errors,
        "skipped": result.skipped,
        "failed as expected": result.expectedFailures,
    }
    for what, entries in lists.items():
        for test, text in entries:
            # The kind of an error stands in its last line.
            kind = text.rstrip().rsplit("\n", 1)[-1].partition(":")[0] if what == "error" else ""
            found[getattr(test, "test_case", test).id()] = f"{what} {kind}".strip()
    return {**found, **{test.id(): "passed by surprise" for test in result.unexpectedSuccesses}}


class _Nowhere:
    """Drops what is recorded; a spent budget ends the child."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self.bytes = 0

    def append(self, record: bytes, /) -> None:
        self.bytes += len(record)

    def stop(self, marker: str, /) -> NoReturn:
        _answer(self._pipe, {"cut": marker})


def _answer(pipe: int, answer: dict[str, Any]) -> NoReturn:
    with os.fdopen(pipe, "w", encoding="utf-8") as out:
        json.dump(answer, out)
    os._exit(0)


def _tests(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _tests(test)
        else:
            yield test


def _groups(module: ModuleType) -> dict[str, list[unittest.TestCase]]:
    """The tests of each class; examples in texts have a class of doctest."""
    found: dict[str, list[unittest.TestCase]] = {}
    _, left_out = listed()
    for test in _tests(unittest.defaultTestLoader.loadTestsFromModule(module)):
        if test.id().removeprefix("test.") not in left_out:
            found.setdefault(type(test).__qualname__, []).append(test)
    return found


def _files(module: ModuleType, tests: list[unittest.TestCase]) -> frozenset[str]:
    """Of the module, of those that its tests inherit from, and of the examples among them."""
    modules = {base.__module__ for base in type(tests[0]).__mro__}
    names = {name for name in modules if name.startswith("test.")} | {module.__name__}
    files = {str(sys.modules[name].__file__) for name in names}
    for test in tests:
        if isinstance(test, doctest.DocTestCase):
            examples: doctest.DocTest = test._dt_test  # type: ignore[attr-defined]
            files |= {f"<doctest {examples.name}[{at}]>" for at in range(len(examples.examples))}
    return frozenset(files)


def _child(module: ModuleType, tests: list[unittest.TestCase], traced: bool, pipe: int) -> NoReturn:
    # Of its own time; and of the clock, where a test waits for what does not come.
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS_MAX)
    signal.alarm(4 * CPU_SECONDS_MAX)
    try:
        suite, result = unittest.TestSuite(tests), unittest.TestResult()
        sys.setrecursionlimit(sys.getrecursionlimit() + _ROOM)
        sink = _Nowhere(pipe)
        with (
            Path(os.devnull).open("w", encoding="utf-8") as null,
            contextlib.redirect_stdout(null),
            contextlib.redirect_stderr(null),
        ):
            if traced:
                limits = {**LIMITS, "events": EVENTS_MAX}
                spec = Spec(GRANULARITY, _files(module, tests), vars(module), limits)
                core.Recorder(spec, sink).run(lambda: suite.run(result))
            else:
                suite.run(result)
        ids = [test.id() for test in tests]
        _answer(pipe, {"tests": _outcomes(ids, result), "bytes": sink.bytes})
    except BaseException as error:
        _answer(pipe, {"broken": repr(error)})


def _run(module: ModuleType, tests: list[unittest.TestCase], traced: bool) -> dict[str, Any]:
    data, status = asked(lambda pipe: _child(module, tests, traced, pipe))
    if data:
        found: dict[str, Any] = json.loads(data)
        return found
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGALRM):
        return {"cut": "time"}
    return {"broken": f"status {status}"}


class _Comparison:
    """Both runs of each class of a module, and of each test of a class that is too much at once."""

    def __init__(self, name: str) -> None:
        self._module = importlib.import_module(f"test.{name}")
        self.totals: Counter[str] = Counter()
        self.told: list[str] = []
        for tests in _groups(self._module).values():
            self._compare(tests)
        if not self.totals["passed"]:
            self._different(f"{name}: no test of it passed, so it is no witness")

    def _different(self, what: str) -> None:
        self.totals["different"] += 1
        self.told.append(f"DIFFERENT {what}")

    def _compare(self, tests: list[unittest.TestCase]) -> None:
        plain, traced = _run(self._module, tests, False), _run(self._module, tests, True)
        cut = plain.get("cut") or traced.get("cut")
        label = tests[0].id() if len(tests) == 1 else f"the tests beside {tests[0].id()}"
        if cut and len(tests) > 1:
            for test in tests:
                self._compare([test])
        elif cut:
            self.totals["cut"] += 1
            self.told.append(f"not compared, {cut} is spent: {label}")
        elif "broken" in plain or "broken" in traced:
            ends = (end.get("broken", "ended") for end in (plain, traced))
            self._different(f"{label}: {' against '.join(ends)}")
        else:
            self.totals["bytes"] += traced["bytes"]
            self.totals.update(what.partition(" ")[0] for what in plain["tests"].values())
            for test_id, what in plain["tests"].items():
                if traced["tests"].get(test_id) != what:
                    self._different(f"{test_id}: {what}, traced {traced['tests'].get(test_id)}")


def _compare(name: str) -> dict[str, Any]:
    found = _Comparison(name)
    return {"totals": dict(found.totals), "told": found.told}


def main() -> int:
    parser = argparse.ArgumentParser(prog="npm run test:witness --")
    parser.add_argument("--only", help="names of modules, with commas")
    options = parser.parse_args()
    names, left_out = listed()
    chosen = options.only.split(",") if options.only else names
    started = time.monotonic()
    print(f"{'module':<28}  passed  failed  error  skipped   MiB  cut  different")
    sums: Counter[str] = Counter()
    for number, answer in spread(len(chosen), 2, lambda at: _compare(chosen[at])):
        totals = Counter(answer["totals"])
        sums.update(totals)
        columns = (totals["passed"], totals["failed"], totals["error"], totals["skipped"])
        print(
            f"{chosen[number]:<28}  {columns[0]:>6}  {columns[1]:>6}  {columns[2]:>5}"
            f"  {columns[3]:>7}  {totals['bytes'] / 2**20:>4.1f}  {totals['cut']:>3}"
            f"  {totals['different']:>9}",
            flush=True,
        )
        for line in answer["told"]:
            print(f"  {line}", flush=True)
    print(
        f"{len(chosen)} modules, {sums['passed']} tests passed, "
        f"{sums['failed'] + sums['error']} failed, {sums['skipped']} skipped, "
        f"{sums['cut']} not compared, {sums['bytes'] / 2**20:.0f} MiB of trace, "
        f"{sums['different']} different, {time.monotonic() - started:.0f} s"
    )
    if not options.only:
        for name, why in left_out.items():
            print(f"left out: {name}: {why}")
    return 1 if sums["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
