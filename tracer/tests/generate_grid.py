"""Programs that lead values of every kind through every opcode: half of what `program` makes.

A template is a few statements about the local `v`. Which values and templates one program has
goes round by its index, so that each pair recurs at a fixed rate.
"""

import random

from value_table import VALUES

# By the opcode that each is there for: every text leads any value to it, but for those of `more`.
TEMPLATES: dict[str, tuple[str, ...]] = {
    "BINARY_OP": (
        "r = v + v",
        "r = 2 * v",
        "r = v | v",
        "r = v % 3",
        "r = v - 1 @ v",
        "r = 7 >> v",
    ),
    "BINARY_OP in place": ("r = v\nr += v", "r = v\nr *= 2", "r = v\nr |= v", "r = [1]\nr += v"),
    "BINARY_SLICE": ("r = v[0:1]", "r = [1, 2][v:]"),
    "BINARY_SUBSCR": ("r = v[0]", "r = {1: v}[1]", "r = [v][v]", "r = v['a']"),
    "BEFORE_ASYNC_WITH": ("r = drive(cwith(v))",),
    "BEFORE_WITH": ("with v as w:\n    r = w", "with v:\n    raise E(1)"),
    "BUILD_CONST_KEY_MAP": ("r = {'a': v, 'b': v}",),
    "BUILD_LIST": ("r = [v, v]", "[v]"),
    "BUILD_MAP": ("r = {1: v}", "r = {v: 1}"),
    "BUILD_SET": ("r = {v}", "r = {v, v}"),
    "BUILD_SLICE": ("r = [1, 2, 3][v:v:v]", "r = 'abc'[::v]"),
    "BUILD_STRING": ("r = f'<{v}>'", "r = f'{1}{v!r:>4}'", "r = f'{v!s}{v!a}'"),
    "BUILD_TUPLE": ("r = (v, 1)", "r = (v, v, v)"),
    "CALL": ("r = v()", "r = take(v)", "r = v(v)", "r = type(v)", "r = A(v).push(v)", "put(v, 1)"),
    "CALL methods": ("r = v.pop()", "v.append(1)", "v.update(v)", "r = v.copy()", "v.clear()"),
    "CALL_FUNCTION_EX": ("r = take(*v)", "r = v(*[1], **{'b': v})"),
    "CALL_INTRINSIC_1": ("r = +v",),
    "CALL_KW": ("r = take(x=v)", "r = v(k=v)", "r = keyed(v, c=v, d=v)"),
    "CHECK_EG_MATCH": (
        "try:\n    raise ExceptionGroup('g', [E(1), TypeError(v)])\nexcept* v:\n    r = 1",
    ),
    "CALL_INTRINSIC_2": ("try:\n    raise E(v)\nexcept* E as g:\n    r = g",),
    "CHECK_EXC_MATCH": ("try:\n    raise E(v)\nexcept v as w:\n    r = w",),
    "CLEANUP_THROW": (
        "r = drive_throw(gfrom(gyield(v)), E(v))",
        "r = drive_throw(gfrom(v), ValueError(1))",
    ),
    "COMPARE_OP": ("r = v == v", "r = v < 1", "r = 0 <= v != 3", "r = v if v == 1 else 2"),
    "CONTAINS_OP": ("r = 1 in v", "r = v in [v]", "r = v not in (1, 2)"),
    "CONVERT_VALUE": ("r = f'{v!r}'", "r = f'{v!s}'"),
    "COPY": ("a = b = v", "a = [b := v]"),
    "DELETE_ATTR": ("del v.a",),
    "DELETE_DEREF": ("def h():\n    nonlocal c\n    c = v2\n    del c\nc = v2 = v\nh()",),
    "DELETE_FAST": ("w = v\ndel w", "w = v\ndel w\nr = w"),
    "DELETE_GLOBAL": ("GX = v\ndel GX",),
    "DELETE_SUBSCR": ("del v[0]", "q = [v, v]\ndel q[v]", "del v['a']"),
    "DICT_MERGE": ("r = take(**{'a': v}, **v)", "r = dict(**v, z=v)"),
    "DICT_UPDATE": ("r = {**v}", "r = {'a': v, **v}"),
    "END_SEND": ("r = drive(gfrom(gyield(1)), v)", "r = drive(cawait(gives(v)))"),
    "FORMAT_SIMPLE": ("r = f'{v}'", "r = f'<{v}>'"),
    "FORMAT_WITH_SPEC": ("r = f'{v:>3}'", "r = f'{v:{3}}'"),
    "FOR_ITER": (
        "for q in (v, 1):\n    r = q",
        "for q, p in [(v, v)]:\n    r = p\nfor q in [v]:\n    r = q",
    ),
    "FOR_ITER of a value": (
        "for q in v:\n    r = q",
        "for q in v:\n    break",
        "for q, *p in v:\n    r = p",
    ),
    "GET_AITER": ("r = drive(cfor(v))", "r = drive(acomp(v))"),
    "GET_AWAITABLE": ("r = drive(cawait(v))",),
    "GET_ITER": ("r = [q for q in v][0]", "for q in v:\n    break\nelse:\n    r = 0"),
    "GET_YIELD_FROM_ITER": ("r = drive(gfrom(v))", "for q in gfrom(v):\n    r = q\n    break"),
    "IMPORT_NAME": (
        "import math as w\nr = w.pi",
        "from os.path import join, split as w",
        "import os.path as w",
    ),
    "IS_OP": ("r = v is v", "r = v is not None"),
    "LIST_APPEND": ("r = [v for q in (1, 2)]",),
    "LIST_EXTEND": ("r = [v, *v]", "r = [*v, *v]", "r = (1, *v)"),
    "LOAD_ATTR": ("r = v.real", "r = v.items", "r = v.a", "r = v.__class__", "r = v.v"),
    "LOAD_BUILD_CLASS": (
        "class K(v):\n    z = v",
        "class K(metaclass=v):\n    pass",
        "class K(Sub, tag=v):\n    a: int = v\nr = K",
    ),
    "LOAD_CONST": (
        # Each by itself: the compiler makes one tuple of those that stand in one.
        "r = 1e999\nr = 1j\nr = 2.5\nr = b'x'\nr = ...\nr = '\\ud800'\nr = 0x1fffffffffffffffffff",
        f"r = {'q' * 10_001!r}",
        f"r = {b'q' * 10_001!r}",
        f"r = {tuple(range(40))!r}",
        "r = v in {'a', 'b'}",
    ),
    "LOAD_DEREF": (
        "c = v\nr = (lambda: c)()",
        "c = v\nr = [c for q in (1,)]",
        "b, r = counter(v)\nb(v)\nr()",
    ),
    "LOAD_FAST_AND_CLEAR": (
        "q = v\nr = [q for q in (1,)]\nr = q",
        "q = v\nr = {q: p for p, q in [(1, v)]}",
    ),
    "LOAD_FAST_CHECK": ("if v is v:\n    w = v\nr = w", "if v is not w0:\n    w = v\nr = w"),
    "LOAD_FROM_DICT_OR_DEREF": ("c = v\nclass K:\n    a = c\n    c = 1\nr = K.a",),
    "LOAD_FROM_DICT_OR_GLOBALS": ("GX = v\nclass K:\n    type Y = GX\nr = K.Y.__value__",),
    "LOAD_GLOBAL": ("GX = v\nr = GX", "GX = v\ntake(GX, G, GL)"),
    "LOAD_NAME": (
        "class K:\n    a = v\n    b = a\n    del a",
        "class K:\n    a = v\n    b = [a]\n    b += b",
    ),
    "LOAD_SUPER_ATTR": ("r = B(v).push(v)",),
    "MAKE_FUNCTION": (
        "def h(a=v, *, b=v):\n    return a\nr = h()",
        "h = lambda a=v: a\nr = h(1)",
        "def h(a: v) -> v:\n    pass\nr = h.__annotations__",
    ),
    "MAP_ADD": ("r = {q: v for q in (1, 2)}", "r = {v: q for q in 'ab'}"),
    "MATCH_CLASS": (
        "match v:\n    case P(a, y=b) | A(v=a, items=b):\n        r = a\n"
        "    case int() | str() | list():\n        r = 1",
        "match v:\n    case D(x=a):\n        r = a\n    case dict(a=b):\n        r = b",
        "match A(v):\n    case A(v=E() | B() | str()):\n        r = 1",
    ),
    "MATCH_CLASS of a value": (
        "try:\n    match 1:\n        case v():\n            r = 1\nfinally:\n    r = 2",
    ),
    "MATCH_MAPPING": (
        "match v:\n    case {'a': a, **rest}:\n        r = rest\n    case {1: _}:\n        r = 1",
        "match v:\n    case {'a': w}:\n        r = w",
    ),
    "MATCH_SEQUENCE": (
        "match v:\n    case [a, *b]:\n        r = b\n    case []:\n        r = 0",
        "match v:\n    case [1, _] | [_]:\n        r = 0",
    ),
    "POP_JUMP_IF_NONE": ("r = 1 if v is not None else 2", "if v is not None:\n    r = 1"),
    "POP_JUMP_IF_NOT_NONE": ("if v is None:\n    r = 1", "r = 1 if v is None else 2"),
    "POP_TOP": ("take(v)[0][0]",),
    "RAISE_VARARGS": (
        "raise v",
        "raise E(v) from v",
        "try:\n    raise E(v)\nexcept E as w:\n    raise w.args[0] from w",
    ),
    "RETURN_VALUE": ("r = plainly(v)", "r = drive(gives(v))"),
    "SEND": ("r = drive(gfrom(gyield(1)), v)",),
    "SET_ADD": ("r = {v for q in (1, 2)}",),
    "SET_UPDATE": ("r = {1, *v}", "r = {*v, *()}"),
    "STORE_ATTR": ("v.a = 1", "w = A()\nw.v = v", "v.new = v", "v.v = v\ndel v.v"),
    "STORE_DEREF": ("c = v\ndef h():\n    nonlocal c\n    c = [c]\nh()",),
    "STORE_FAST_STORE_FAST": ("a, b = [v, v]", "for a, b in [(v, v)]:\n    r = a"),
    "STORE_FAST_LOAD_FAST": ("r = [q for q in [v, v]]",),
    "STORE_GLOBAL": ("GX = v", "GX = [v]\nGX = v"),
    "STORE_NAME": ("class K:\n    a = v",),
    "STORE_SLICE": ("v[0:1] = [v]", "q = [1, 2]\nq[0:1] = v", "q = [1]\nq[v:] = (1,)"),
    "STORE_SUBSCR": ("v[0] = v", "q = [0]\nq[0] = v", "v['k'] = v", "q = {}\nq[v] = 1"),
    "SWAP": ("r = 1 < v < 2", "r = 1 is v is 2"),
    "TO_BOOL": ("if v:\n    r = 1", "r = not v", "r = v and 1 or v", "while v:\n    break"),
    "UNARY_INVERT": ("r = ~v",),
    "UNARY_NEGATIVE": ("r = -v",),
    "UNPACK_EX": ("a, *b = v", "*a, b = v", "a, *b, c2 = v"),
    "UNPACK_SEQUENCE": ("a, b = v", "(a,) = v"),
    "WITH_EXCEPT_START": (
        "with W(True) as w:\n    raise E(v)",
        "with managed(v) as w:\n    raise E(w)",
        "drive(cthrow(v))",
        "with W(v):\n    v.nothing",
        "with W(True):\n    raise ExceptionGroup('g', [E(v)])",
    ),
    "YIELD_VALUE": (
        "r = drive(gyield(v), v)",
        "r = [q for q in gyield(v)]",
        "r = next(q for q in (v,))",
    ),
    "resume": ("r = drive(gyield(1), v)", "g = gyield(2)\ng.send(None)\nr = g.send(v)"),
    "unwind": (
        "take(**{'a': 1}).no",
        "plainly(v, 1, 2)",
        "inner(v).send(None)",
        "rec(v, v)",
        "keyed()",
        "def h():\n    raise ExceptionGroup('g', [E(v)])\nh()",
    ),
    "more": (
        "r = keyed(1, *v)",
        "r = take(**v)",
        "try:\n    raise v\nexcept* (ValueError, E) as g:\n    r = g",
        "try:\n    raise v\nexcept (KeyError, E):\n    r = 1",
        "q = {1: v}\ndel q[1]",
        "r = drive(cawait(Aw(v)), v)",
        "r = [[q, v] for q in v]",
        "r = v[::2]",
        "c = v\nmatch A(1):\n    case _ if c:\n        r = c",
        "class K:\n    __match_args__ = ('z',)\n    z = v\nmatch K():\n    case K(w):\n"
        "        r = w",
        "match {'a': v}:\n    case {'a': w}:\n        r = w",
        "match [v]:\n    case [1] | [None] | [_]:\n        r = 0",
        "v\nr = 1",
        "assert not v, v",
        "r = wrap(take)(v)",
        "r = gives(v)\nr.close()",
        "v.__dict__['z'] = v",
        "a, b, c2, d2 = v, 1, 2, 3\na, b, c2, d2 = d2, c2, b, a",
        "q = [v]\nq[0] += v",
        "a, (b, c2) = v, (1, 2)",
        "r = drive(agen(v).__anext__())",
        "w = v\nif not w:\n    del w\nr = w",
        "a, b = v, v\nr = a, b",
        "class K:\n    a = [v]\n    a += a\n    b = len(a)",
        "def h[Z: v](z: Z = v) -> Z:\n    return z\nr = h()",
    ),
}
# No other template leads a value to these opcodes, or only some of their own do: they come twice as
# often.
_RARE = (
    *("BEFORE_ASYNC_WITH", "BEFORE_WITH", "CHECK_EG_MATCH", "DELETE_SUBSCR", "DICT_MERGE"),
    *("DICT_UPDATE", "FORMAT_SIMPLE", "FORMAT_WITH_SPEC", "GET_AITER", "GET_AWAITABLE"),
    *("LIST_EXTEND", "MATCH_MAPPING", "MATCH_MAPPING", "TO_BOOL"),
)
_NAMES = (*TEMPLATES, *_RARE)
# Much refuses a list that is too deep before it comes to the opcode.
_KINDS = (*VALUES, "list too deep", "list too deep")
VALUES_EACH = 9
TEMPLATES_EACH = 12


def _indented(text: str, depth: int) -> list[str]:
    return [f"{'    ' * depth}{line}" for line in text.split("\n")]


def _cells(index: int) -> tuple[list[str], list[str]]:
    """The kinds of values and the templates of the program with this index.

    The kinds go round in blocks, and the templates move on once all kinds had their turn.
    """
    blocks = -(-len(_KINDS) // VALUES_EACH)
    turn, block = divmod(index, blocks)
    kinds = [_KINDS[(block * VALUES_EACH + at) % len(_KINDS)] for at in range(VALUES_EACH)]
    start = turn * TEMPLATES_EACH
    return kinds, [_NAMES[(start + at) % len(_NAMES)] for at in range(TEMPLATES_EACH)]


def grid_program(index: int, chance: random.Random) -> str:
    """The function run() of one program. A value lives for its turn only: big ones cost a lot."""
    kinds, names = _cells(index)
    values = [chance.choice(VALUES[kind]) for kind in kinds]
    chance.shuffle(values)
    chance.shuffle(names)
    makers = ", ".join(f"lambda: {value}" for value in values)
    lines = ["def run():", "    global GX"]
    lines += [f"    for make in ({makers}):", "        r = w0 = None", "        v = make()"]
    for name in names:
        template = chance.choice(TEMPLATES[name])
        lines += [
            "        try:",
            *_indented(template, 3),
            "        except BaseException as x:",
            "            r = x",
        ]
    lines += ["        a = b = c = c2 = p = q = w = None", "    return r"]
    return "\n".join(lines) + "\n"
