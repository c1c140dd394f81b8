"""Receivers of methods: how they are made, and the states that they are brought into."""

from test_probe import found, outcomes


def test_receivers_are_built_and_brought_into_a_state() -> None:
    source = """
    class Stack:
        def __init__(self, items: list[int]):
            self.items = list(items)
        def push(self, item: int):
            self.items.append(item)
        def pop(self):
            if not self.items:
                raise IndexError("empty")
            return self.items.pop()
    """
    answer = found(source, "Stack.pop")
    assert outcomes(answer) == {"returned", "raised"}
    assert all("obj = Stack(" in each["setup"] for each in answer["inputs"])
    assert all(each["call"] == "obj.pop()" for each in answer["inputs"])


def test_a_class_whose_constructor_takes_nothing_is_brought_into_a_state() -> None:
    source = """
    class Stack[T]:
        def __init__(self):
            self.items: list[T] = []
        def push(self, item: T):
            self.items.append(item)
        def pop(self) -> T:
            if not self.items:
                raise IndexError("empty")
            return self.items.pop()
    """
    answer = found(source, "Stack.pop")
    assert outcomes(answer) == {"returned", "raised"}


def test_a_node_is_given_nodes_and_an_abstract_class_answers() -> None:
    source = """
    import abc
    class Node:
        def __init__(self, value, following: "Node | None" = None):
            self.value, self.following = value, following
        def total(self):
            return 1 + self.following.total() if self.following else self.value
    class Shape(abc.ABC):
        @abc.abstractmethod
        def area(self): ...
        def twice(self):
            return 2 * self.area()
    class Money:
        def __init__(self, cents: int):
            self.cents = cents
        def __lt__(self, amount):
            if type(amount) is not Money:
                return NotImplemented
            return self.cents < amount.cents
    """
    assert found(source, "Money.__lt__")["branch_coverage"] == 1.0
    nodes = found(source, "Node.total")
    assert nodes["branch_coverage"] == 1.0
    assert not any("Node | None" in each["setup"] for each in nodes["inputs"])
    assert outcomes(found(source, "Shape.twice")) == {"returned"}
