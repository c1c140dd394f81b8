# call: run()
# Finalisers, weak references, generated methods, class hooks, method resolution.
import weakref
from dataclasses import dataclass, field

events = []


# 73. The finaliser has a frame where the last reference goes, before the next line.
class Door:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        events.append("closed " + self.name)


def last_reference():
    door = Door("front")
    door = Door("back")
    events.append("moved")
    del door
    return events


# 74. The callback of a weak reference runs in the line that ends the object; then the referent is gone.
class Node:
    pass


def weak():
    node = Node()
    gone = []
    watcher = weakref.ref(node, gone.append)
    finaliser = weakref.ref(node, lambda reference: gone.append("python"))
    del node
    return len(gone), watcher() is None, finaliser() is None


# 75. Methods that the decorator wrote give no events; type and fields are shown without them.
@dataclass(frozen=True)
class Version:
    major: int
    parts: list = field(default_factory=list)


def data_class():
    old, new = Version(1), Version(2)
    new.parts.append("rc")
    return old == new, hash(Version(3, ())) == hash(Version(3, ()))


# 76. __set_name__ and then __init_subclass__ are called by the class statement, after the body.
class Plugin:
    def __init_subclass__(cls, **options):
        events.append((cls.__name__, options))


class Field:
    def __set_name__(self, owner, name):
        self.name = name


def class_hooks():
    class Reader(Plugin, mode="r"):
        path = Field()

    return Reader.path.name


# 77. Frames have qualified names; `__class__` is nobody's name.
class Base:
    def trail(self):
        return "Base"


class Left(Base):
    def trail(self):
        return "Left " + super().trail()


class Right(Base):
    def trail(self):
        return "Right " + super().trail()


class Both(Left, Right):
    def trail(self):
        return "Both " + super().trail()


def resolution():
    return Both().trail()


def run():
    last_reference()
    weak()
    data_class()
    class_hooks()
    resolution()
