"""Line and branch coverage of one function, and fuel, by sys.monitoring in the probe's child."""

import dis
import os
import sys
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_COVERAGE_TOOL = 1
_FUEL_TOOL = 2
_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120
# A program that swallows the end of its fuel so often is ended with its process.
_OVERRUN_MAX = 100_000
_SWALLOWED_STATUS = 77
_BRANCHES = frozenset({
    "POP_JUMP_IF_TRUE", "POP_JUMP_IF_FALSE", "POP_JUMP_IF_NONE", "POP_JUMP_IF_NOT_NONE", "FOR_ITER",
})  # fmt: skip
_monitoring = sys.monitoring
_DISABLE = _monitoring.DISABLE


class FuelSpentError(BaseException):
    """Raised into a candidate that used up its fuel."""


@dataclass
class Seen:
    """What one execution reached of the function."""

    lines: set[int] = field(default_factory=set)
    branches: dict[tuple[int, int, int], int] = field(default_factory=dict)
    """(number of the code, offset, destination) with how often it was taken."""
    path: int = 0
    fuel: int = 0
    is_spent: bool = False


def nested_codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """A code object and all that is defined in it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from nested_codes(each)


def lines_of(code: types.CodeType) -> set[int]:
    """Lines that have a line event; the head of a definition has none of its own."""
    lines = {line for _, _, line in code.co_lines() if line is not None}
    first = next((at for at in dis.get_instructions(code) if at.opname == "RESUME"), None)
    if first is not None and first.positions is not None:
        after = {
            at.positions.lineno
            for at in dis.get_instructions(code)
            if at.positions is not None and at.offset > first.offset
        }
        lines &= {each for each in after if each is not None}
    return lines


def _branch_lines(code: types.CodeType) -> dict[int, int | None]:
    """The line of each branch by its offset."""
    return {
        at.offset: at.line_number for at in dis.get_instructions(code) if at.opname in _BRANCHES
    }


class Observer:
    """Watches the codes of one function; made once for a child."""

    def __init__(self, codes: Iterable[types.CodeType]) -> None:
        self.codes = [each for code in codes for each in nested_codes(code)]
        self._numbers = {id(code): at for at, code in enumerate(self.codes)}
        self.lines = frozenset(line for code in self.codes for line in lines_of(code))
        self._branches = [_branch_lines(code) for code in self.codes]
        self.branch_sites = sum(len(sites) for sites in self._branches)
        self._seen = Seen()
        self._left = 0
        self._counts = False
        self._install()

    def _install(self) -> None:
        events = _monitoring.events
        _monitoring.use_tool_id(_COVERAGE_TOOL, "tracemill-coverage")
        _monitoring.use_tool_id(_FUEL_TOOL, "tracemill-candidate")
        _monitoring.register_callback(_COVERAGE_TOOL, events.LINE, self._on_line)
        _monitoring.register_callback(_COVERAGE_TOOL, events.BRANCH, self._on_branch)
        for code in self.codes:
            _monitoring.set_local_events(_COVERAGE_TOOL, code, events.LINE | events.BRANCH)
        _monitoring.register_callback(_FUEL_TOOL, events.PY_START, self._on_start)
        _monitoring.register_callback(_FUEL_TOOL, events.JUMP, self._on_jump)
        _monitoring.set_events(_FUEL_TOOL, events.PY_START | events.JUMP)

    def line_at(self, number: int, offset: int) -> int | None:
        """The line of a branch, by the number of its code and its offset."""
        return self._branches[number].get(offset) if number >= 0 else None

    def is_intact(self) -> bool:
        """Whether the program left the tools alone."""
        names = (_monitoring.get_tool(_COVERAGE_TOOL), _monitoring.get_tool(_FUEL_TOOL))
        return names == ("tracemill-coverage", "tracemill-candidate")

    def begin(self, fuel: int) -> None:
        """What follows belongs to one candidate."""
        self._seen = Seen()
        self._left = fuel
        self._counts = True

    def end(self, fuel: int) -> Seen:
        """What the candidate reached."""
        self._counts = False
        seen = self._seen
        seen.fuel = fuel - self._left
        seen.is_spent = self._left < 0
        return seen

    def pause(self) -> None:
        """What follows is no work of the candidate."""
        self._counts = False

    def _on_line(self, code: types.CodeType, line: int) -> None:
        if self._counts:
            seen = self._seen
            seen.lines.add(line)
            seen.path = (seen.path * 1_000_003 + line) & 0xFFFFFFFFFFFF
        del code

    def _on_branch(self, code: types.CodeType, offset: int, destination: int) -> None:
        if self._counts:
            branches = self._seen.branches
            key = (self._numbers.get(id(code), -1), offset, destination)
            branches[key] = branches.get(key, 0) + 1

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            if self._left < -_OVERRUN_MAX:
                os._exit(_SWALLOWED_STATUS)
            raise FuelSpentError

    def _on_start(self, code: types.CodeType, offset: int) -> object:
        del offset
        if not self._counts:
            return _DISABLE if code.co_filename.startswith(_OWN) else None
        if code.co_filename.startswith(_OWN):
            return _DISABLE
        self._spend()
        return None

    def _on_jump(self, code: types.CodeType, offset: int, destination: int) -> object:
        if destination > offset or code.co_filename.startswith(_OWN):
            return _DISABLE
        if self._counts:
            self._spend()
        return None


def loop_bucket(count: int) -> int:
    """0, 1, 2 or many: how often a branch was taken, as coverage counts it."""
    return min(count, 3)
