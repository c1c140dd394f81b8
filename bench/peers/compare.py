"""Coverage of the same functions by three searches at equal executions; each function in a child.

Reads a JSON list of functions, writes one JSON line for each: lines and branch ways that the own
search, Hypothesis and CrossHair reached, of how many, and in how many executions.
"""

import json
import mmap
import os
import resource
import signal
import sys
import threading
import warnings

from tracer.synthesis.coverage import FuelSpentError, Observer
from tracer.synthesis.run import OutputSpentError, Runner, _Output
from tracer.synthesis.search import Search
from tracer.synthesis.target import find_target, load_module, load_text
from tracer.synthesis.trials import Rules

FUEL = 20_000
CANDIDATES = 200
# Of processor time for a search, and of waiting: an execution that takes so long ends its child.
CPU_SECONDS = 60
WAIT_SECONDS = 120
# As often as the product asks again where an execution ended its child.
ASKED_MAX = 12
# The execution that a child began last, and its answer.
BEGUN = mmap.mmap(-1, 8)
ANSWER = mmap.mmap(-1, 16 * 1024)


def begin(one, number):
    """Whether this execution is run: not one that ended a child before."""
    BEGUN[:8] = number.to_bytes(8, "little")
    return number not in one["left_out"]


class Count:
    """Adds up what executions reach."""

    def __init__(self, observer, one):
        self.observer = observer
        self.one = one
        self.lines = set()
        self.edges = {}
        self.executions = 0
        self.returned = 0

    def run(self, call):
        """One execution; what it raises is its own."""
        self.executions += 1
        if not begin(self.one, self.executions):
            return
        out = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = _Output()
        self.observer.begin(FUEL)
        try:
            call()
            self.returned += 1
        except (Exception, SystemExit, FuelSpentError, OutputSpentError):
            pass
        finally:
            seen = self.observer.end(FUEL)
            sys.stdout, sys.stderr = out
        self.lines |= seen.lines
        for code, offset, destination in seen.branches:
            self.edges.setdefault((code, offset), set()).add(destination)

    def told(self):
        observer = self.observer
        return {
            "lines": len(self.lines & observer.lines),
            "of_lines": len(observer.lines),
            "ways": sum(min(2, len(found)) for found in self.edges.values()),
            "of_ways": 2 * observer.branch_sites,
            "executions": self.executions,
            "returned": self.returned > 0,
        }


def loaded(one):
    module, _, name = one["entry"].partition(":")
    if one["kind"] == "import":
        record = load_module(module, one["source"])
        return record, name
    return load_text(one["source"]), one["entry"]


def own(one):
    record, name = loaded(one)
    target = find_target(record, name)
    observer = Observer(target.codes)
    runner = Runner(record, observer, lambda number: begin(one, number))
    search = Search(record, target, runner, Rules(1, CANDIDATES, FUEL, 1_000_000))
    search.fuzz()
    count = Count(observer, one)
    for each in search.covered:
        if each[0] == "line":
            count.lines.add(each[1])
        elif each[0] == "branch":
            count.edges.setdefault((each[1], each[2]), set()).add(each[3])
    count.executions = search.tally.executions
    count.returned = search.tally.returned
    return count.told()


def function_of(record, name):
    value = record.names[name]
    while hasattr(value, "__wrapped__"):
        value = value.__wrapped__
    return value


def hypothesis(one):
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis import strategies as st
    from hypothesis.extra.ghostwriter import _get_strategies

    record, name = loaded(one)
    target = find_target(record, name)
    function = function_of(record, name)
    observer = Observer(target.codes)
    plain = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(),
        st.lists(st.integers() | st.text()), st.dictionaries(st.text(), st.integers()),
        st.tuples(st.integers(), st.text()),
    )
    try:
        found = _get_strategies(function)
    except Exception:
        found = {}
    chosen = {}
    import inspect

    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        guess = found.get(parameter.name)
        # What the ghost writer leaves to the reader is any plain value here.
        chosen[parameter.name] = plain if guess is None or "nothing()" in repr(guess) else guess
    positional = [
        each.name
        for each in inspect.signature(function).parameters.values()
        if each.kind is each.POSITIONAL_ONLY
    ]
    count = Count(observer, one)

    def body(values):
        if count.executions >= one["executions"]:
            return
        values = dict(values)
        args = [values.pop(each) for each in positional]
        call = function
        count.run(lambda: _consumed(call(*args, **values), target.wrap))

    rules = settings(
        max_examples=max(1, one["executions"]), database=None, deadline=None,
        derandomize=True, phases=[Phase.generate, Phase.target],
        suppress_health_check=list(HealthCheck),
    )
    try:
        rules(given(st.fixed_dictionaries(chosen))(body))()
    except BaseException as error:
        return {**count.told(), "error": f"{type(error).__name__}: {error}"[:200]}
    return count.told()


def _consumed(value, wrap):
    return list(zip(range(1_000), value)) if wrap == "list({})" else value


def crosshair(one):
    import crosshair.core_and_libs  # noqa: F401
    from crosshair.condition_parser import AnalysisKind
    from crosshair.fnutil import FunctionInfo
    from crosshair.options import DEFAULT_OPTIONS, AnalysisOptionSet
    from crosshair.path_cover import CoverageType, path_cover

    record, name = loaded(one)
    target = find_target(record, name)
    function = function_of(record, name)
    options = DEFAULT_OPTIONS.overlay(
        AnalysisOptionSet(
            max_iterations=one["executions"],
            per_condition_timeout=float(one["seconds"]),
            per_path_timeout=float(one["seconds"]),
            analysis_kind=[AnalysisKind.asserts],
        )
    )
    paths = path_cover(
        FunctionInfo.from_fn(function), options, CoverageType.OPCODE
    )
    count = Count(Observer(target.codes), one)
    for path in paths:
        bound = path.args
        count.run(lambda: _consumed(function(*bound.args, **bound.kwargs), target.wrap))
    return count.told()


SEARCHES = {"own": own, "hypothesis": hypothesis, "crosshair": crosshair}


def in_child(name, one):
    """What a search says of a function; how its child ended where it says nothing."""
    ANSWER[:8] = bytes(8)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        # A process that an execution forks must not go on with the search.
        os.register_at_fork(after_in_child=lambda: os._exit(0))
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(0, 1)
        os.dup2(0, 2)
        warnings.simplefilter("ignore")
        threading.excepthook = lambda *_: None
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
        signal.alarm(WAIT_SECONDS)
        try:
            answer = SEARCHES[name](one)
        except BaseException as error:
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        text = json.dumps(answer).encode()
        ANSWER[8 : 8 + len(text)] = text
        ANSWER[:8] = len(text).to_bytes(8, "little")
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    length = int.from_bytes(ANSWER[:8], "little")
    return json.loads(ANSWER[8 : 8 + length]) if length else {"status": status}


def answered(name, one):
    """Asks until a child answers, without the executions that ended those before."""
    one["left_out"] = []
    answer = {}
    for _ in range(ASKED_MAX):
        BEGUN[:8] = bytes(8)
        answer = in_child(name, one)
        last = int.from_bytes(BEGUN[:8], "little")
        # No single execution is to blame for the processor time of all.
        is_slow = answer.get("status") == signal.SIGXCPU
        if "status" not in answer or is_slow or last in one["left_out"]:
            break
        one["left_out"].append(last)
    return answer


def main():
    # Once, and not in each child: they take longer than what is measured.
    import crosshair.core_and_libs
    import crosshair.path_cover
    import hypothesis.extra.ghostwriter

    for one in json.load(sys.stdin):
        found = {"own": answered("own", one)}
        one["executions"] = found["own"].get("executions", 0) or CANDIDATES
        for name in one["peers"]:
            found[name] = answered(name, one)
        print(json.dumps({"name": one["name"], **found}), flush=True)


main()
