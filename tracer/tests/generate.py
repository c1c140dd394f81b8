"""Makes programs from a seed: all kinds of statements over all kinds of values.

`program(seed)` gives the text of run(), which goes after generated_setup.SETUP. The same seed gives
the same text.
"""

import random
import re

from generate_forms import BLOCKS, MUTATIONS, SINGLES
from generate_grid import TEMPLATES, grid_program
from value_table import VALUES

# Groups of variables that have changes of their own, and what makes one.
_GROUPS: dict[str, tuple[str, ...]] = {
    "list": ("list", "subclass of list"),
    "dict": ("dict", "subclass of dict"),
    "set": ("set", "subclass of set"),
    "deque": ("deque", "subclass of deque"),
    "ddict": ("defaultdict", "Counter", "OrderedDict"),
    "obj": ("instance", "data class"),
    "slots": ("instance with slots",),
    "bytes": ("bytearray", "array"),
    "text": ("str", "str with a surrogate", "bytes"),
    "num": ("int", "float", "bool", "complex", "int of many digits", "None"),
    "tuple": ("tuple", "tuple of scalars", "named tuple"),
    "iter": (
        "list_iterator",
        "generator",
        "zip",
        "map",
        "enumerate",
        "dict iterator",
        "itertools.chain",
    ),
}
_ANY = "any"
_DEPTH_MAX = 4
_VARIABLE = re.compile(r"\bv\b")
# Endless or vast where they meet a big number.
_GROWING = re.compile(r"\*\*=|<<=|\*= 3")
_STEPS = 12


class _Maker:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.kinds: dict[str, str] = {}
        self.depth = 1
        self._numbers = 0

    def emit(self, text: str) -> None:
        self.lines += ["    " * self.depth + line for line in text.split("\n")]

    def variable(self) -> str:
        return self.random.choice(list(self.kinds))

    def element(self) -> str:
        pick = self.random.random()
        if pick < 0.35:
            return str(self.random.randrange(-3, 200))
        if pick < 0.6:
            return self.variable()
        return self.random.choice(VALUES[self.random.choice(list(VALUES))])

    def form(self, text: str) -> str:
        self._numbers += 1
        return text.format(v=self.variable(), e=self.element(), n=self._numbers, body="{body}")

    def bind(self) -> None:
        name = f"v{self.random.randrange(8)}"
        group = self.random.choice([*_GROUPS, _ANY])
        kind = self.random.choice(_GROUPS.get(group) or list(VALUES))
        self.emit(f"{name} = {self.random.choice(VALUES[kind])}")
        self.kinds[name] = group

    def mutate(self) -> None:
        name = self.variable()
        forms = MUTATIONS.get(self.kinds[name])
        if forms is None:
            self.template(name)
            return
        form = self.random.choice(forms)
        if _GROWING.search(form) and self.depth > 1:
            form = "{v} = {e}"
        self.emit(form.format(v=name, e=self.element()))

    def template(self, name: str) -> None:
        """What leads the variable through one opcode, whatever it is."""
        text = self.random.choice(TEMPLATES[self.random.choice(list(TEMPLATES))])
        self.emit("try:")
        self.depth += 1
        self.emit(_VARIABLE.sub(name, text))
        self.depth -= 1
        self.emit("except BaseException as x:\n    r = x")

    def alias(self) -> None:
        name, other = self.variable(), f"v{self.random.randrange(8)}"
        self.emit(f"{other} = {name}")
        self.kinds[other] = self.kinds[name]

    def block(self) -> None:
        if self.depth > _DEPTH_MAX:
            self.mutate()
            return
        for line in self.form(self.random.choice(BLOCKS)).split("\n"):
            if line.strip() != "{body}":
                self.emit(line)
                continue
            before, base = dict(self.kinds), self.depth
            self.depth += (len(line) - len(line.lstrip())) // 4
            for _ in range(self.random.randrange(1, 3)):
                self.step()
            self.depth = base
            self.kinds = {k: v for k, v in self.kinds.items() if before.get(k) == v} or before

    def step(self) -> None:
        pick = self.random.random()
        if pick < 0.15:
            self.bind()
        elif pick < 0.45:
            self.mutate()
        elif pick < 0.5:
            self.alias()
        elif pick < 0.75:
            self.emit(self.form(self.random.choice(SINGLES)))
        else:
            self.block()

    def guarded(self) -> None:
        """A step of the outermost level; most go on where one fails."""
        if self.random.random() < 0.15:
            self.step()
            return
        self.emit("try:")
        self.depth += 1
        self.step()
        self.depth -= 1
        self.emit("except Exception as e:\n    GL.append(type(e))")


def _mixed(seed: int) -> str:
    maker = _Maker(seed)
    maker.lines.append("def run():\n    global G, GX\n    x = y = None")
    for _ in range(3):
        maker.bind()
    for _ in range(_STEPS):
        before = list(maker.lines), dict(maker.kinds), maker.depth
        maker.guarded()
        try:
            compile("\n".join(maker.lines), "<check>", "exec")
        except SyntaxError:
            maker.lines, maker.kinds, maker.depth = before
    names = ", ".join(sorted(maker.kinds))
    return "\n".join(maker.lines) + f"\n    return [{names}]\n"


def is_mixed(seed: int) -> bool:
    """One of four programs; the others go through the matrix."""
    return seed % 4 == 3


def program(seed: int) -> str:
    """The text of one program; its entry is run()."""
    if is_mixed(seed):
        return _mixed(seed // 4)
    index = seed - seed // 4
    return grid_program(index, random.Random(index))
