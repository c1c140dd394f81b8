"""The globals that traced code names, as one table for all frames (docs/trace-format.md §3)."""

from collections.abc import Iterator

from tracer import _peek
from tracer.activation import Changes, Ints, Names
from tracer.code_facts import CodeFacts
from tracer.naming import dict_value
from tracer.safe import protect
from tracer.valuation import Valuation
from tracer.wire import Value

protect(globals())


def _is_bookkeeping(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


class Globals:
    """Follows the names that code added; a module body adds all of them."""

    def __init__(self, namespace: dict[str, object], values: Valuation) -> None:
        self._namespace = namespace
        self._values = values
        self._names: dict[str, None] = {}
        self._table = Names()
        self._follows_all = False
        self.ints: Ints = {}

    def add(self, facts: CodeFacts) -> None:
        """The call of a code object that was not called before."""
        self._names.update(dict.fromkeys(facts.global_names))

    def add_all(self) -> None:
        """A module body runs: every name is one of its names."""
        self._follows_all = True

    def is_namespace(self, mapping: object) -> bool:
        return mapping is self._namespace

    def changes(self) -> Changes:
        """What changed since the last event of any frame."""
        if self._follows_all:
            for name in _peek.entries(self._namespace)[::2]:
                if type(name) is str and not _is_bookkeeping(name):
                    self._names[name] = None
        changes = Changes()
        self._table.update(self._present(), changes)
        return changes

    def _present(self) -> Iterator[tuple[str, Value]]:
        for name in self._names:
            yield name, self._values.value(dict_value(self._namespace, name), 1)
