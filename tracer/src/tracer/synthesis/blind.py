"""The baseline of bench:extraction: values from a fixed table, chosen without looking."""

from random import Random

from tracer.synthesis.expressions import Value
from tracer.synthesis.receivers import Slot
from tracer.synthesis.search import Search
from tracer.synthesis.trials import Candidate


def _arguments(
    slots: list[Slot], values: list[str], chance: Random
) -> tuple[list[Value], list[str]]:
    found = [slot for slot in slots if slot.is_required]
    names = [slot.name for slot in found if slot.way == "keyword"]
    return [Value("raw", chance.choice(values), "") for _ in found], names


def blind(search: Search, values: list[str], count: int, seed: int) -> None:
    """Runs so many calls of the function; receivers are made the same way."""
    chance = Random(seed)
    target = search.target
    builder = search.shop.builder(target.owner) if target.owner is not None else None
    for _ in range(count):
        args, names = _arguments(search.slots, values, chance)
        setup = ""
        if target.form in ("method", "property") and builder is not None:
            own, own_names = _arguments(builder.slots, values, chance)
            made = Value("call", str(target.owner), "", tuple(own), tuple(own_names))
            setup = f"obj = {made.text}"
            if target.form == "property":
                args = [Value("raw", "obj", ""), *args]
        call = Value("call", target.callee, "", tuple(args), tuple(names)).text
        if target.wrap is not None:
            call = target.wrap.replace("{}", call, 1)
        search.tally.candidates += 1
        search.try_out(Candidate(setup, call, "fuzz"))
