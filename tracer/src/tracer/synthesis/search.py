"""The search for inputs of one function: directed by what is known, guided by coverage."""

import ast
import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from random import Random

from tracer.analysis_find import FunctionNode, last_bindings, statements
from tracer.synthesis.change import changed
from tracer.synthesis.expressions import Value
from tracer.synthesis.infer import Inference, Knowledge
from tracer.synthesis.kinds import Bag, Kind, Maker
from tracer.synthesis.learn import learn
from tracer.synthesis.names import is_other
from tracer.synthesis.receivers import (
    ATTEMPTS_MAX,
    Filled,
    Slot,
    Workshop,
    choose,
    fill,
    holders,
    slots_of,
)
from tracer.synthesis.run import Result, Runner, rendered
from tracer.synthesis.target import Record, Target
from tracer.synthesis.trials import (
    Candidate,
    Feature,
    Rules,
    Tally,
    Trial,
    edges_in,
    features_of,
    lines_in,
)
from tracer.synthesis.uses import uses_of
from tracer.synthesis.words import words_of

# A search ends where it has found nothing new for so many candidates, and sooner where all lines
# and branches were reached.
PATIENCE = 90
PATIENCE_COVERED = 30
TRIALS_MAX = 80
# Beside them, so many that show nothing new but their results, and of one path.
_LIKES_MAX = 80
_LIKES_OF_PATH = 10
_SHARED_SHARE = 0.06
# The first candidates have required arguments alone, and receivers as they were made.
_PLAIN = 3


class Search:
    """One function in one child."""

    def __init__(self, record: Record, target: Target, runner: Runner, rules: Rules) -> None:
        self.target = target
        self.runner = runner
        self.rules = rules
        self.tally = Tally()
        self.failed: list[int] = []
        self.trials: list[Trial] = []
        self.likes: list[Trial] = []
        """Returned on a path that a trial took before: other inputs where there is room."""
        self.covered: set[Feature] = set()
        self._since_new = 0
        self._made = 0
        self._order = 0
        self._paths: Counter[tuple[object, ...]] = Counter()
        self._texts: set[str] = set()
        self._wrap = target.wrap
        digest = hashlib.sha256(
            f"{rules.seed}\0{target.callee}\0{ast.unparse(target.node)}".encode(
                "utf-8", "surrogatepass"
            )
        )
        self.chance = Random(int.from_bytes(digest.digest()))
        names = record.names
        self.knowledge = Knowledge(names, _definitions(record.tree))
        self.maker = Maker(self.chance, words_of(target.node, record.tree, names, self.chance))
        self.shop = Workshop(self.knowledge, record.tree, self.maker, self._build)
        self._inference = Inference(self.knowledge)
        self._install_instances(names)
        self.slots = self._own_slots()
        self._steps = self._step_methods()
        self._bare = self._bare_attributes()

    def _install_instances(self, names: dict[str, object]) -> None:
        shop = self.shop

        class _Instances(dict):  # type: ignore[type-arg]
            def get(self, name: str, default: object = None) -> object:
                del default
                return lambda depth: shop.instance(name, depth)

        self.maker.instances = _Instances()
        del names

    def _build(self, setup: str, call: str) -> Result | None:
        """Executions of the search that are no candidates: constructors."""
        self.tally.executions += 1
        result = self.runner.run(setup, call, self.rules.fuel)
        # Told at once: the constructor that began threads is left out, and not what follows.
        if self.runner.is_spoiled():
            self.runner.give_up()
        return result

    def _own_slots(self) -> list[Slot]:
        target = self.target
        owner_doc = ast.get_docstring(target.owner_node) if target.owner_node is not None else None
        if target.form == "constructor" and target.node.name != "__init__" and target.owner:
            builder = self.shop.builder(target.owner)
            if builder is not None:
                return builder.slots
        kinds = self._inference.of_function(target.node, owner_doc)
        slots = slots_of(target.node, kinds, target.skips_first)
        if target.form == "method" and target.owner:
            for slot in slots:
                if is_other(target.node.name, slot.name):
                    slot.wishes.want(Kind("instance", data=(target.owner,)), 4.0)
        return slots

    def _step_methods(self) -> list[tuple[str, list[Slot]]]:
        """Methods that may bring a receiver into another state."""
        if self.target.form not in ("method", "property") or self.target.owner_node is None:
            return []
        found: list[tuple[str, list[Slot]]] = []
        for node in last_bindings(self.target.owner_node.body).values():
            if not isinstance(node, ast.FunctionDef) or node is self.target.node:
                continue
            name = node.name
            is_open = not name.startswith("_") or name in ("__setitem__", "__enter__", "__iter__")
            if not is_open or node.decorator_list or not node.args.args:
                continue
            kinds = self._inference.of_function(node)
            found.append((name, slots_of(node, kinds, skip_first=True)))
        return found[:30]

    def _bare_attributes(self) -> dict[str, Bag]:
        """Attributes that a method reads of an instance that no constructor made."""
        node = self.target.node
        if self.target.form not in ("method", "property") or not node.args.args:
            return {}
        use = uses_of(node)[node.args.args[0].arg]
        found: dict[str, Bag] = {}
        kind = self._inference._object(use)
        owned = self._owned()
        for name, part in zip(kind.data, kind.parts, strict=True):
            if str(name) not in owned:
                found[str(name)] = part
        return found

    def _owned(self) -> set[str]:
        owner = self.knowledge.lookup(self.target.owner or "")
        return set(dir(owner)) if isinstance(owner, type) else set()

    # Candidates.

    def _receiver(self) -> tuple[str, Value | None]:
        """Statements that make `obj`."""
        owner = self.target.owner or ""
        value = self.shop.instance(owner, 0, ATTEMPTS_MAX)
        if value is not None:
            imports = self.shop.imports(value)
            return "\n".join([*([imports] if imports else []), f"obj = {value.text}"]), value
        return "\n".join(self.shop.bare(owner, self._bare)), None

    def _with_steps(self) -> tuple[str, ...]:
        if not self._steps or self.chance.random() > 0.4:
            return ()
        steps: list[str] = []
        for _ in range(self.chance.choice((1, 1, 2, 3))):
            name, slots = self.chance.choice(self._steps)
            filled = fill(slots, self.maker, 0.2)
            imports = self.shop.imports(*filled.values)
            call = Value("call", f"obj.{name}", "", tuple(filled.values), tuple(filled.names))
            steps += [imports] if imports else []
            steps.append(call.text)
        return tuple(steps)

    def _fresh(self) -> Candidate:
        # By what was made, not by what ran: a call that is always the same runs once.
        self._made += 1
        early = self._made <= _PLAIN
        filled = fill(self.slots, self.maker, 0.0 if early else 0.35)
        setup, receiver = "", None
        steps: tuple[str, ...] = ()
        if self.target.form in ("method", "property"):
            setup, receiver = self._receiver()
            steps = () if early else self._with_steps()
        return self._assembled(setup, receiver, steps, filled)

    def _assembled(
        self, setup: str, receiver: Value | None, steps: tuple[str, ...], filled: Filled
    ) -> Candidate:
        values, shared = self._sharing(filled.values)
        imports = self.shop.imports(*filled.values)
        lines = [imports, setup, *steps, shared]
        if self.target.form == "property":
            values = [Value("raw", "obj", "obj"), *values]
        callee = self.target.callee
        if self.target.form == "constructor" and self.target.owner is not None:
            builder = self.shop.builder(self.target.owner)
            callee = builder._concrete_head() if builder is not None else callee
        call = Value("call", callee, "", tuple(values), tuple(filled.names)).text
        if self._wrap is not None:
            call = self._wrap.replace("{}", call, 1)
        text = "\n".join(line for line in lines if line)
        return Candidate(text, call, "fuzz", None, receiver, steps, filled)

    def _sharing(self, values: list[Value]) -> tuple[list[Value], str]:
        """Now and then two arguments are one object."""
        places = [at for at, value in enumerate(values) if value.kind in ("list", "dict", "set")]
        if len(places) < 2 or self.chance.random() > _SHARED_SHARE:
            return values, ""
        first, second = places[:2]
        if values[first].kind != values[second].kind:
            return values, ""
        shared = list(values)
        shared[first] = shared[second] = Value("raw", "shared", values[first].tag)
        return shared, f"shared = {values[first].text}"

    def _mutated(self, parent: Candidate) -> Candidate:
        filled = parent.filled or Filled()
        values, chosen = list(filled.values), list(filled.chosen)
        roll = self.chance.random()
        setup, receiver, steps = "", parent.receiver, parent.steps
        is_method = self.target.form in ("method", "property")
        if is_method:
            if roll < 0.25 or receiver is None:
                setup, receiver = self._receiver()
            else:
                imports = self.shop.imports(receiver)
                setup = "\n".join([*([imports] if imports else []), f"obj = {receiver.text}"])
            if roll < 0.5:
                steps = self._with_steps()
        if values and (not is_method or roll > 0.2):
            for _ in range(self.chance.choice((1, 1, 2))):
                at = self.chance.randrange(len(values))
                wishes, _kind = chosen[at]
                if self.chance.random() < 0.25:
                    kind, values[at] = choose(wishes, self.maker)
                    chosen[at] = (wishes, kind)
                else:
                    values[at] = changed(values[at], self.maker, wishes.bag())
        elif not values and not is_method:
            return self._fresh()
        return self._assembled(
            setup, receiver, steps, replace(filled, values=values, chosen=chosen)
        )

    # Execution.

    def seeds(self, inputs: Iterable[Candidate]) -> None:
        """Inputs that are there already count first."""
        for each in inputs:
            self._texts.add(f"{each.setup}\n{each.call}")
            self.try_out(each)

    def try_out(self, candidate: Candidate) -> Result | None:
        """Runs one and keeps what it showed."""
        self.tally.executions += 1
        order = self._order
        self._order += 1
        result = self.runner.run(candidate.setup, candidate.call, self.rules.fuel)
        if result is None:
            self.tally.left_out += 1
            return None
        self._count(result, candidate)
        if result.outcome == "input-failed":
            if candidate.index is not None:
                self.failed.append(candidate.index)
            return result
        features = features_of(result)
        is_new = not features <= self.covered
        self.covered |= features
        self._since_new = 0 if is_new else self._since_new + 1
        key = (result.seen.path, result.outcome, result.exception, result.return_type)
        is_given = candidate.origin != "fuzz"
        seen_before = self._paths[key]
        self._paths[key] += 1
        if is_new or is_given or (not seen_before and len(self.trials) < TRIALS_MAX):
            self.trials.append(_trial(candidate, order, features, result))
        elif (
            result.outcome == "returned"
            and seen_before <= _LIKES_OF_PATH
            and len(self.likes) < _LIKES_MAX
        ):
            self.likes.append(_trial(candidate, order, features, result))
        if candidate.filled is not None:
            self._reward(result, candidate.filled, is_new)
        return result

    def _count(self, result: Result, candidate: Candidate) -> None:
        self.tally.returned += result.outcome == "returned"
        self.tally.raised += result.outcome in ("raised", "exited")
        self.tally.input_failed += result.outcome == "input-failed"
        self.tally.junk += result.is_type_failure and candidate.origin == "fuzz"

    def _reward(self, result: Result, filled: Filled, is_new: bool) -> None:
        if is_new and not result.is_type_failure:
            for wishes, kind in filled.chosen:
                wishes.scale(kind, 1.4)
        if result.outcome == "raised":
            shift = 1 if self.target.form == "property" else 0
            live = holders(filled, result, shift) if self._wrap is None else []
            learn(result, live, self.shop.classes_with)
            self._learn_bare(result)

    def _learn_bare(self, result: Result) -> None:
        error = result.error
        if isinstance(error, AttributeError) and isinstance(error.name, str):
            owner = self.knowledge.lookup(self.target.owner or "")
            if isinstance(owner, type) and type(error.obj) is owner and len(self._bare) < 30:
                self._bare.setdefault(error.name, Bag())

    def _is_done(self) -> bool:
        rules, tally = self.rules, self.tally
        if tally.candidates >= rules.candidates or self.runner.fuel_spent > rules.fuel_total:
            return True
        if not self.slots and self.target.form not in ("method", "property"):
            return tally.candidates >= 2
        patience = PATIENCE_COVERED if self.is_covered() and tally.returned else PATIENCE
        return self._since_new >= patience or tally.repeated > rules.candidates

    def is_covered(self) -> bool:
        """Every line and both ways of every branch."""
        observer = self.runner.observer
        return (
            observer.lines <= lines_in(self.covered)
            and edges_in(self.covered) >= 2 * observer.branch_sites
        )

    def fuzz(self) -> None:
        """Until a budget is spent or nothing new comes."""
        misses = 0
        while not self._is_done() and misses < 3 * self.rules.candidates:
            parents = [
                each
                for each in self.trials
                if each.candidate.filled is not None and not each.is_junk
            ]
            if parents and self.tally.candidates > 4 and self.chance.random() < 0.55:
                at = max(self.chance.random(), self.chance.random())
                candidate = self._mutated(parents[int(at * len(parents))].candidate)
            else:
                candidate = self._fresh()
            text = f"{candidate.setup}\n{candidate.call}"
            misses += 1
            if text in self._texts:
                self.tally.repeated += 1
                continue
            self._texts.add(text)
            self.tally.candidates += 1
            result = self.try_out(candidate)
            if (
                result is not None
                and self._wrap == "list({})"
                and result.outcome == "fuel-exceeded"
            ):
                self._wrap = "list(zip(range(20), {}))"
            if self.runner.is_spoiled():
                self.runner.give_up()


def _trial(candidate: Candidate, order: int, features: frozenset[Feature], result: Result) -> Trial:
    junk = result.is_type_failure and candidate.origin in ("fuzz", "llm")
    path, fuel = result.seen.path, result.seen.fuel
    return Trial(candidate, order, features, result.outcome, junk, path, rendered(result), fuel)


def _definitions(tree: ast.Module) -> dict[str, FunctionNode]:
    """Functions of the module and methods by their bare names; of one name the first."""
    found: dict[str, FunctionNode] = {}
    for node in statements(tree.body):
        if isinstance(node, FunctionNode):
            found[node.name] = node
        elif isinstance(node, ast.ClassDef):
            for member in statements(node.body):
                if isinstance(member, FunctionNode):
                    found.setdefault(member.name, member)
            init = last_bindings(node.body).get("__init__")
            if isinstance(init, FunctionNode):
                found.setdefault(node.name, init)
    return found
