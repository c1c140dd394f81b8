"""Kept inputs once more, each in a fresh fork: what they show as the first call of their process.

The forks are those of a nursery that was made when the record had just loaded, so nothing that the
search ran has been there, neither in the record nor in the modules that it uses.
"""

from typing import Any

from tracer.describe import forget_module
from tracer.synthesis.forks import Nursery, reap
from tracer.synthesis.mutants import judged
from tracer.synthesis.plain import Shown, plain
from tracer.synthesis.run import Runner, rendered
from tracer.synthesis.target import RECORD, Record, load_module
from tracer.synthesis.trials import Trial

Json = dict[str, Any]

# The first call of a process fills caches on its own fuel: patterns are compiled, modules loaded.
_FUEL_FACTOR = 10


class Again:
    """Made before the first execution of the search."""

    def __init__(self, request: Json, runner: Runner, qualname: str) -> None:
        self._runner = runner
        self._qualname = qualname
        self._fuel: int = request["fuzz"]["fuel"]
        self._original: str | None = request["original"]
        self._own = Nursery(self._work)
        has_module = self._original is not None and request["kind"] != "import"
        self._module = Nursery(self._work_of_module) if has_module else None
        self.is_stateful: dict[int, bool] = {}
        """By order of the trial, once it ran again."""

    # In the forks.

    def _work(self, asked: Json) -> object:
        self._runner.detach()
        if "mutant" in asked:
            return judged(self._runner, self._qualname, asked)
        return self._shown(asked, self._runner.record)

    def _work_of_module(self, asked: Json) -> Shown | None:
        self._runner.detach()
        original = self._original or ""
        module = load_module(original, "")
        # The slice has classes of its own, of which nothing is known: theirs are shown alike.
        forget_module(original)
        return self._shown(asked, module)

    def _shown(self, asked: Json, record: Record) -> Shown | None:
        result = self._runner.run(asked["setup"], asked["call"], asked["fuel"], record)
        return None if result is None else rendered(result)

    # In the search.

    def _asked(self, trial: Trial) -> Json:
        candidate = trial.candidate
        is_spent = trial.outcome == "fuel-exceeded"
        fuel = self._fuel if is_spent else self._fuel * _FUEL_FACTOR
        return {"setup": candidate.setup, "call": candidate.call, "fuel": fuel}

    def shown(self, trial: Trial) -> Shown | None:
        """What it shows as the first call; None where that is not known, or ends its process."""
        reap()
        if not self._runner.begins():
            return None
        ended = self._own.ask(self._asked(trial))
        if ended is None or ended.by_machine:
            return None
        shown: Shown | None = ended.answer
        differs = shown is None or plain(shown) != plain(trial.shown)
        self.is_stateful[trial.order] = differs
        return shown

    def differs(self, trial: Trial, again: Shown | None) -> str | None:
        """What the original shows otherwise, empty where nothing; None without one to ask.

        What ends otherwise as a first call has nothing to be compared with.
        """
        is_stateful = self.is_stateful.get(trial.order, False)
        if self._module is None or again is None or is_stateful or not self._runner.begins():
            return None
        ended = self._module.ask(self._asked(trial))
        if ended is None or ended.answer is None:
            return None
        name = self._original or RECORD
        theirs, ours = plain(ended.answer, name), plain(again, name)
        return next((key for key in theirs if theirs[key] != ours[key]), "")

    def score(self, shown: list[tuple[Trial, Shown | None]], count: int) -> Json | None:
        """How many mutants there are and how many some kept input tells; None without any.

        An input of which it is not known what it shows as a first call tells nothing.
        """
        inputs = [
            {**self._asked(trial), "shown": plain(again)}
            for trial, again in shown
            if again is not None
        ]
        made = killed = 0
        for number in range(count if inputs else 0):
            reap()
            asked = {"mutant": number, "of": count, "inputs": inputs}
            # What ended the child, or its own process, is told from the original by that.
            is_killed: object = True
            if self._runner.begins():
                ended = self._own.ask(asked)
                if ended is None:
                    break
                is_killed = True if ended.answer is None else ended.answer["killed"]
            if is_killed is None:
                continue
            made += 1
            killed += bool(is_killed)
        return {"made": made, "killed": killed} if made else None
