"""What happens to one value in a function."""

from dataclasses import dataclass, field
from typing import Union

DEPTH_MAX = 5


@dataclass
class Use:
    """Everything that happens to one value; parts of it have uses of their own."""

    depth: int = 0
    attributes: dict[str, "Use"] = field(default_factory=dict)
    methods: dict[str, int] = field(default_factory=dict)
    """Attributes that are called, with the number of arguments."""
    element: Union["Use", None] = None
    items: dict[object, "Use"] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    """Operations: int-index, slice, iterate, number, bits, add, order, contains, called, …"""
    literals: list[object] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    """Texts of the types that it is tested for."""
    passed: list[tuple[str, int | str]] = field(default_factory=list)
    """Callees that it is given to, with the position or keyword."""
    tables: list[str] = field(default_factory=list)
    """Containers that it is looked up in."""

    def mark(self, name: str) -> None:
        self.marks[name] = self.marks.get(name, 0) + 1

    def part(self, name: str) -> "Use":
        """The use of an attribute."""
        return self.attributes.setdefault(name, Use(self.depth + 1))

    def item(self, key: object) -> "Use":
        """The use of what stands under a literal key."""
        for known, use in self.items.items():
            if type(known) is type(key) and known == key:
                return use
        self.items[key] = Use(self.depth + 1)
        return self.items[key]

    def each(self) -> "Use":
        """The use of an element."""
        if self.element is None:
            self.element = Use(self.depth + 1)
        return self.element

    @property
    def is_empty(self) -> bool:
        return not (
            self.attributes or self.methods or self.element or self.items or self.marks
            or self.literals or self.types or self.passed or self.tables
        )  # fmt: skip
