"""Makes programs from a seed: small functions over all kinds of values, control flow and mutation.

`program(seed)` gives a text whose entry is run(). The same seed gives the same text.
"""

import random
from collections.abc import Callable

from generated_setup import SETUP

_CONSTRUCTORS = {
    "list": [
        "[]",
        "[1, 2, 3]",
        "list(range(4))",
        "[[0], [1]]",
        "[x * 2 for x in range(3)]",
        "[0] * 5",
    ],
    "dict": [
        "{}",
        "{'a': 1, 'b': [2]}",
        "dict.fromkeys('xyz', 0)",
        "{i: str(i) for i in range(3)}",
    ],
    "set": ["set()", "{1, 2, 3}", "set(range(3))", "{(1, 2), 3}"],
    "deque": ["deque()", "deque([1, 2, 3], maxlen=3)"],
    "ddict": ["defaultdict(list)", "defaultdict(int)", "Counter('hello')", "OrderedDict(a=1, b=2)"],
    "obj": ["A(1)", "A([2])", "D()", "D(2, [3])"],
    "slots": ["S()"],
    "bytes": ["bytearray(b'abc')", "array.array('i', [1, 2])"],
    "text": ["'ab'", "'x\\ud800y'", "'it\\'s'", "'é' * 3", "b'\\x00a'", "'q' * 40"],
    "num": ["1", "-7", "2 ** 70", "1.5", "float('nan')", "-0.0", "True", "None", "1j", "10 ** 30"],
    "tuple": ["(1, 'a')", "([], 1)", "P(1, [2])", "((1, 2), (3,))", "()"],
    "iter": [
        "iter([1, 2, 3])",
        "gen(3)",
        "inner(2)",
        "zip('ab', [1, 2])",
        "map(str, [1, 2])",
        "enumerate('xy')",
        "reversed([1, 2])",
        "iter({1: 2})",
        "itertools.count(3)",
        "iter(range(5))",
    ],
    "frozen": [
        "frozenset([1, 2])",
        "range(3)",
        "slice(1, 2)",
        "len",
        "A",
        "functools.partial(put, [])",
    ],
}

_MUTATIONS = {
    "list": [
        "{v}.append({e})",
        "{v}.extend([{e}, {e}])",
        "{v}.insert(0, {e})",
        "{v} += [{e}]",
        "{v}.reverse()",
        "{v}[0:1] = [{e}, {e}]",
        "{v}.clear()",
        "put({v}, {e})",
        "{v}.append({v})",
        "rec(3, {v})",
        "if {v}: {v}.pop()",
        "if {v}: {v}.pop(0)",
        "if {v}: {v}[-1] = {e}",
        "if {v}: del {v}[0]",
        "if {v}: {v}[0], {v}[-1] = {v}[-1], {v}[0]",
        "{v} *= 2",
        "{v} = {v} + [{e}]",
        "[{v}.append(q) for q in range(2)]",
        "list(map({v}.append, [1, 2]))",
        "del {v}[10:]",
        "heapq.heapify({v}) if all(type(q) is int for q in {v}) else None",
        "{v} = [{v}]",
        "{v}.sort(key=lambda q: len(str(type(q))))",
        "operator.setitem({v}, slice(0, 0), [{e}])",
    ],
    "dict": [
        "{v}['k'] = {e}",
        "{v}.update(z={e})",
        "{v}.pop('k', None)",
        "{v}.setdefault('s', []).append({e})",
        "{v} |= {{'m': {e}}}",
        "{v}.clear()",
        "put({v}, {e})",
        "if {v}: del {v}[next(iter({v}))]",
        "if {v}: {v}.popitem()",
        "{v}[1] = {v}",
        "{v}['k'] = {v}.get('k')",
        "vars().get('q')",
    ],
    "set": [
        "{v}.add(7)",
        "{v}.add('t')",
        "{v} |= {{8, 9}}",
        "{v}.discard(1)",
        "{v} -= {{2}}",
        "{v}.update('ab')",
        "{v}.clear()",
        "put({v}, 1)",
        "if len({v}) > 3: {v}.remove(sorted({v}, key=str)[0])",
    ],
    "deque": [
        "{v}.append({e})",
        "{v}.appendleft({e})",
        "{v}.rotate(1)",
        "{v}.extend([4, 5])",
        "put({v}, 1)",
        "if {v}: {v}.pop()",
        "{v} += [1]",
        "{v}.clear()",
    ],
    "ddict": [
        "{v}['n'] = 5",
        "{v}.update(a=3)",
        "{v}.get('zz')",
        "{v}.pop('a', 0)",
        "{v}['w'] if type({v}) is not OrderedDict else 0",
        "{v}.move_to_end(next(iter({v}))) if type({v}) is OrderedDict and {v} else None",
    ],
    "obj": [
        "{v}.v = {e}",
        "{v}.new = {e}",
        "setattr({v}, 'dyn', {e})",
        "A.k.append({e})",
        "{v}.__dict__['dd'] = {e}",
        "{v} = {v} if isinstance({v}, D) else {v}.push({e})",
        "getattr({v}, 'lazy', 0)",
        "vars({v})",
        "if hasattr({v}, 'new'): del {v}.new",
        "{v}.t = [{e}]",
        "A.extra = {e}",
    ],
    "slots": ["{v}.a = {e}", "{v}.b = [{e}]", "if hasattr({v}, 'a'): del {v}.a"],
    "bytes": [
        "{v}.append(5)",
        "{v}[0] = 9",
        "{v}.extend({v})",
        "memoryview({v})[0:1]",
        "{v}.pop() if len({v}) > 1 else 0",
    ],
    "text": ["{v} = {v} + {v}", "{v} = {v}[1:]", "{v} += {v}[:1]", "{v}.upper()"],
    "num": ["{v} = {e}", "{v} = ({v}, {e})"],
    "tuple": ["{v} = {v} + (1,)", "{v} = ({v}, {e})", "{v}[:1]"],
    "iter": [
        "next({v}, None)",
        "list(itertools.islice({v}, 1))",
        "for q in {v}: break",
        "{v} = iter([{e}])",
    ],
    "frozen": ["{v} = [{v}]", "str(type({v}))"],
}


class _Maker:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.kinds: dict[str, str] = {}
        self.depth = 1

    def emit(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def variable(self) -> str:
        return self.random.choice(list(self.kinds))

    def element(self) -> str:
        pick = self.random.random()
        if pick < 0.4:
            return str(self.random.randrange(-3, 200))
        if pick < 0.6:
            return self.variable()
        kind = self.random.choice(["text", "num", "list", "tuple", "dict", "obj"])
        return self.random.choice(_CONSTRUCTORS[kind])

    def bind(self) -> None:
        kind = self.random.choice(list(_CONSTRUCTORS))
        name = f"v{self.random.randrange(8)}"
        self.emit(f"{name} = {self.random.choice(_CONSTRUCTORS[kind])}")
        self.kinds[name] = kind

    def mutate(self) -> None:
        name = self.variable()
        form = self.random.choice(_MUTATIONS[self.kinds[name]])
        self.emit(form.format(v=name, e=self.element()))

    def alias(self) -> None:
        name, other = self.variable(), f"v{self.random.randrange(8)}"
        self.emit(f"{other} = {name}")
        self.kinds[other] = self.kinds[name]

    def block(self, count: int) -> None:
        before = dict(self.kinds)
        self.depth += 1
        for _ in range(count):
            self.step()
        self.depth -= 1
        self.kinds = {k: v for k, v in self.kinds.items() if before.get(k) == v}
        if not self.kinds:
            self.bind()

    def guarded(self, head: str) -> None:
        if self.depth > 3:
            self.mutate()
            return
        self.emit(head)
        self.block(self.random.randrange(1, 4))

    def loop(self) -> None:
        heads = [
            "for i{d} in range(3):",
            "for c{d} in 'ab':",
            "for k{d}, e{d} in enumerate([5, 6]):",
            "for z{d} in zip([1, 2], 'xy'):",
            "while G < 4:\n{p}    G += 1\n{p}    if True:",
            "for u{d} in list(map(str, [1, 2])):",
            "for s{d} in sorted({{3, 1}}):",
            "for g{d} in gen(2):",
        ]
        head = self.random.choice(heads).format(d=self.depth, p="    " * self.depth)
        if head.startswith("while") and self.depth < 3:
            first, second, third = head.split("\n")
            self.emit(first)
            self.lines += [second, third]
            self.depth += 1
            self.block(self.random.randrange(1, 3))
            self.depth -= 1
            return
        self.guarded(head if not head.startswith("while") else "if G < 9:")

    def attempt(self) -> None:
        if self.depth > 3:
            self.mutate()
            return
        self.emit("try:")
        self.block(2)
        self.depth += 1
        self.emit(
            self.random.choice(
                [
                    "1 / 0",
                    "raise E(1, [2])",
                    "{}['k']",
                    "next(iter([]))",
                    "pass",
                    "raise StopIteration",
                ]
            )
        )
        self.depth -= 1
        self.emit(
            self.random.choice(
                [
                    "except Exception as e:",
                    "except (ZeroDivisionError, E, KeyError, StopIteration):",
                ]
            )
        )
        self.block(1)
        if self.random.random() < 0.4:
            self.emit("finally:")
            self.block(1)

    def step(self) -> None:
        pick = self.random.random()
        if pick < 0.18:
            self.bind()
        elif pick < 0.62:
            self.mutate()
        elif pick < 0.68:
            self.alias()
        elif pick < 0.78:
            self.loop()
        elif pick < 0.84:
            self.guarded(f"if {self.element()}:")
        elif pick < 0.89:
            self.attempt()
        elif pick < 0.93:
            self.guarded(f"with W({self.random.choice(['True', 'False'])}) as w{self.depth}:")
        else:
            self.emit(self.random.choice(_SINGLES).format(v=self.variable(), e=self.element()))


_SINGLES = [
    "x = [q for q in range(3) if q]",
    "x = {{q: [q] for q in 'ab'}}",
    "f = lambda q, d=[]: d.append(q) or d\n    x = f(1) if callable(f) else 0",
    "print('out', {e!r})",
    "x = f'{{G}}:{{3.5:.2f}}'",
    "a, *b = 1, 2, 3",
    "x = sum(q for q in [1, 2])",
    "match {v}:\n        case [a, *_]: pass\n        case {{'k': kk}}: pass\n        case _: pass",
    "x = any(q > 1 for q in (1, 2))",
    "del x",
    "x = (lambda: {v})()",
    "global_list = GL; GL.append({e})",
    "A.k.append(1)",
    "x = io.StringIO(); x.write('t')",
    "try: x.foo\n    except Exception as err: x = err",
]
_GLOBAL_LINE = "    global G"


def program(seed: int, steps: int = 14) -> str:
    """The text of one program; its entry is run()."""
    maker = _Maker(seed)
    maker.lines.append(_GLOBAL_LINE)
    maker.emit("x = None")
    for _ in range(3):
        maker.bind()
    actions: list[Callable[[], None]] = [maker.step] * steps
    for action in actions:
        before = list(maker.lines), dict(maker.kinds)
        action()
        try:
            compile("def run():\n" + "\n".join(maker.lines), "<check>", "exec")
        except SyntaxError:
            maker.lines, maker.kinds = before
    names = ", ".join(sorted(maker.kinds))
    body = "\n".join(maker.lines)
    return f"{SETUP}\ndef run():\n{body}\n    return [{names}]\n"
