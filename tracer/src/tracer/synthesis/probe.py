"""One request of the pass probe: a function, its inputs so far, and what is asked of it.

Runs in a child of the sandbox. Before each execution the child writes down its number, so that
the host knows which one ended the child: it asks again, and that one is left out. All else of a
search is the same each time, since nothing but counted budgets and the seed decides it.
"""

import threading
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from tracer.analysis_inputs import Input, InputRules
from tracer.synthesis.again import Again
from tracer.synthesis.blind import blind
from tracer.synthesis.coverage import Observer
from tracer.synthesis.offered import refusal
from tracer.synthesis.plain import Shown
from tracer.synthesis.run import Runner
from tracer.synthesis.search import Search
from tracer.synthesis.select import select
from tracer.synthesis.target import (
    NoTargetError,
    Record,
    find_target,
    load_module,
    load_text,
)
from tracer.synthesis.testing import record
from tracer.synthesis.trials import (
    Candidate,
    Rules,
    Trial,
    branch_ends,
    edges_in,
    lines_in,
)

Json = dict[str, Any]
Announce = Callable[[int], None]

SPOILED_STATUS = 78
# What one prompt can name.
MISSED_MAX = 200


class ProbeRunner(Runner):
    """Leaves out the executions that ended a child before."""

    def __init__(
        self, record: Record, observer: Observer, announce: Announce, request: Json
    ) -> None:
        left_out = frozenset(request["leave_out"])
        stop_at: int | None = request["stop_at"]
        self.is_stopped = False

        def begin(number: int) -> bool:
            if stop_at is not None and number >= stop_at:
                self.is_stopped = True
                return False
            if number in left_out:
                return False
            announce(number)
            return True

        super().__init__(record, observer, begin)


def load(request: Json) -> Record:
    """The program of a request. Raises what it raises."""
    if request["kind"] == "import":
        return load_module(request["entry"].partition(":")[0], request["source"])
    return load_text(request["source"])


def _qualname(request: Json) -> str:
    entry: str = request["entry"]
    return entry.partition(":")[2] if request["kind"] == "import" else entry


def _coverage(search: Search, trials: list[Trial]) -> tuple[float | None, float | None]:
    """Shares of lines and of branch edges that some trials reach together."""
    observer = search.runner.observer
    features = {each for trial in trials for each in trial.features}
    reached = lines_in(features) & observer.lines
    lines = len(reached) / len(observer.lines) if observer.lines else None
    all_edges = 2 * observer.branch_sites
    return lines, edges_in(features) / all_edges if all_edges else None


def _answer(request: Json, search: Search, kept: list[Trial], aids: "Aids") -> Json:
    again = aids.again
    inputs = []
    shown: list[tuple[Trial, Shown | None]] = []
    for trial in kept:
        candidate = trial.candidate
        labels = ["input-type-error"] if trial.is_junk else []
        first = again.shown(trial)
        shown.append((trial, first))
        if again.is_stateful.get(trial.order, False):
            labels.append("stateful")
        differs = again.differs(trial, first)
        setup, call = aids.forms.of(candidate)
        inputs.append({
            "index": candidate.index,
            "setup": candidate.setup,
            "call": candidate.call,
            "origin": candidate.origin,
            "canonical_setup": setup,
            "canonical_call": call,
            "outcome": trial.outcome,
            "labels": labels,
            "slice_verified": None if differs is None else differs == "",
            "slice_differs": differs or None,
        })  # fmt: skip
    lines, branches = _coverage(search, kept)
    return {
        "v": 1,
        "reason": None,
        "inputs": inputs,
        "failed": search.failed,
        "tally": asdict(search.tally),
        "fuel": search.runner.fuel_spent,
        "line_coverage": lines,
        "branch_coverage": branches,
        "mutants": again.score(shown, int(request["mutants"])),
        "missed": _missed(search),
        "offered": [],
        "tests": None,
    }


def _missed(search: Search) -> Json:
    """What no execution reached: lines, and lines that leave on one way only."""
    observer = search.runner.observer
    lines = lines_in(search.covered)
    ends = branch_ends(search.covered)
    half = {observer.line_at(*site) for site, found in ends.items() if len(found) < 2}
    return {
        "lines": sorted(observer.lines - lines)[:MISSED_MAX],
        "half": sorted(line for line in half if line is not None)[:MISSED_MAX],
        "returns": search.tally.returned > 0,
    }


def _offered(request: Json, forms: "Forms") -> list[Json]:
    """The form of each input that a model wrote, and why it is not run."""
    checked = []
    for at, each in enumerate(request["inputs"]):
        if each["origin"] != "llm":
            continue
        candidate = Candidate(each["setup"], each["call"], "llm", at)
        form = forms.check(candidate)
        reason = forms.reason(candidate) if form is None else refusal(*form)
        setup, call = form or (None, None)
        checked.append({
            "index": at, "canonical_setup": setup, "canonical_call": call, "reason": reason,
        })  # fmt: skip
    return checked


class Forms:
    """Inputs in the allowed form, with the canonical texts that their identity is made of."""

    def __init__(self, bytes_max: int) -> None:
        self._rules = InputRules(bytes_max)
        self._known: dict[tuple[str, str], Input] = {}

    def _checked(self, candidate: Candidate) -> Input:
        key = (candidate.setup, candidate.call)
        if key not in self._known:
            self._known[key] = self._rules.check(candidate.origin, *key, "")
        return self._known[key]

    def check(self, candidate: Candidate) -> tuple[str, str] | None:
        """None where the form is not allowed."""
        found = self._checked(candidate)
        setup, call = found.canonical_setup, found.canonical_call
        return None if setup is None or call is None else (setup, call)

    def reason(self, candidate: Candidate) -> str | None:
        """Why the form is not allowed; None where it is."""
        return self._checked(candidate).reject

    def of(self, candidate: Candidate) -> tuple[str, str]:
        return self.check(candidate) or ("", "")

    def allowed(self, trials: list[Trial]) -> list[Trial]:
        """Those of the allowed form; of equal canonical form the first."""
        found: dict[tuple[str, str], Trial] = {}
        for trial in trials:
            form = self.check(trial.candidate)
            if form is not None:
                found.setdefault(form, trial)
        return list(found.values())


@dataclass
class Aids:
    """What an answer needs beside the search."""

    forms: Forms
    again: Again


def main(request: Json, announce: Announce, leave: Callable[[int], None]) -> Json:
    """The answer to a request. `leave` ends the process at once."""
    warnings.simplefilter("ignore")
    threading.excepthook = lambda *_: None
    try:
        announce(-1)
        loaded = load(request)
        target = find_target(loaded, _qualname(request))
    except NoTargetError as error:
        return _nothing(str(error))
    except BaseException as error:
        return _nothing(f"load-failed {type(error).__name__}")
    observer = Observer(target.codes)
    runner = ProbeRunner(loaded, observer, announce, request)
    runner.give_up = lambda: leave(SPOILED_STATUS)
    again = Again(request, runner, _qualname(request))
    fuzz = request["fuzz"]
    rules = Rules(fuzz["seed"], fuzz["candidates"], fuzz["fuel"], fuzz["fuel_total"])
    search = Search(loaded, target, runner, rules)
    forms = Forms(request["input_bytes_max"])
    offered = _offered(request, forms)
    refused = {each["index"] for each in offered if each["reason"] is not None}
    search.seeds(
        Candidate(each["setup"], each["call"], each["origin"], at)
        for at, each in enumerate(request["inputs"])
        if at not in refused
    )
    tests = _recorded(request, search)
    if request["blind"]:
        blind(search, request["blind"], fuzz["candidates"], fuzz["seed"])
    elif fuzz["candidates"] > 0:
        search.fuzz()
    # Of one canonical form the first counts, and a trial comes before what is like one.
    allowed = forms.allowed([*search.trials, *search.likes])
    kept = select(allowed, request["keep"], {each.order for each in search.likes})
    answer = _answer(request, search, kept, Aids(forms, again))
    return {**answer, "offered": offered, "tests": tests}


def _recorded(request: Json, search: Search) -> Json | None:
    """Runs the tests where there are any, and what they call the function with."""
    if request["tests"] is None:
        return None
    tests = record(request["tests"], search.target, search.runner)
    search.seeds(tests.recorded)
    if search.runner.is_spoiled():
        search.runner.give_up()
    return tests.as_dict()


def _nothing(reason: str) -> Json:
    return {
        "v": 1,
        "reason": reason[:200],
        "inputs": [],
        "failed": [],
        "tally": None,
        "fuel": 0,
        "line_coverage": None,
        "branch_coverage": None,
        "mutants": None,
        "missed": None,
        "offered": [],
        "tests": None,
    }
