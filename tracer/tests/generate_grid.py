"""Programs that lead values of every kind through every opcode: half of what `program` makes.

A template is a few statements about the local `v`. Which values and templates one program has
goes round by its index, so that each pair recurs at a fixed rate.
"""

import random

from value_table import VALUES

# By the opcode that each is there for; it leads to others too.
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
    "BUILD_LIST": ("r = [v, v]", "r = [*v]", "r = [1, *v]"),
    "BUILD_MAP": ("r = {1: v}", "r = {v: 1}", "r = {**v}", "r = {'a': v, **v}"),
    "BUILD_SET": ("r = {v}", "r = {v, v}", "r = {*v}"),
    "BUILD_SLICE": ("r = [1, 2, 3][v:v:v]", "r = v[::2]"),
    "BUILD_STRING": ("r = f'<{v}>'", "r = f'{1}{v!r:>4}'", "r = f'{v!s}{v!a}'"),
    "BUILD_TUPLE": ("r = (v, 1)", "r = (v, v, v)", "r = (1, *v)"),
    "CALL": ("r = v()", "r = take(v)", "r = v(v)", "r = type(v)", "r = A(v).push(v)", "put(v, 1)"),
    "CALL methods": ("r = v.pop()", "v.append(1)", "v.update(v)", "r = v.copy()", "v.clear()"),
    "CALL_FUNCTION_EX": (
        "r = take(*v)",
        "r = take(**v)",
        "r = v(*[1], **{'b': v})",
        "r = keyed(1, *v)",
    ),
    "CALL_INTRINSIC_1": ("r = +v", "r = (*v,)"),
    "CALL_KW": ("r = take(x=v)", "r = v(k=v)", "r = keyed(v, c=v, d=v)"),
    "CHECK_EG_MATCH": (
        "try:\n    raise ExceptionGroup('g', [E(1), TypeError(v)])\nexcept* v:\n    r = 1",
        "try:\n    raise v\nexcept* (ValueError, E) as g:\n    r = g",
    ),
    "CHECK_EXC_MATCH": (
        "try:\n    raise E(v)\nexcept v as w:\n    r = w",
        "try:\n    raise v\nexcept (KeyError, E):\n    r = 1",
    ),
    "CLEANUP_THROW": (
        "r = drive_throw(gfrom(gyield(v)), E(v))",
        "r = drive_throw(gfrom(v), ValueError(1))",
    ),
    "COMPARE_OP": ("r = v == v", "r = v < 1", "r = 0 <= v != 3", "r = v if v == 1 else 2"),
    "CONTAINS_OP": ("r = 1 in v", "r = v in [v]", "r = v not in (1, 2)"),
    "CONVERT_VALUE": ("r = f'{v!r}'", "r = f'{v!s}'"),
    "COPY": ("a = b = v", "a = [b := v]", "r = 1 < v < 2"),
    "DELETE_ATTR": ("del v.a", "v.v = v\ndel v.v"),
    "DELETE_DEREF": ("def h():\n    nonlocal c\n    c = v2\n    del c\nc = v2 = v\nh()",),
    "DELETE_FAST": ("w = v\ndel w", "w = v\ndel w\nr = w"),
    "DELETE_GLOBAL": ("GX = v\ndel GX",),
    "DELETE_SUBSCR": ("del v[0]", "q = {1: v}\ndel q[1]", "q = [v, v]\ndel q[v]", "del v['a']"),
    "DICT_MERGE": ("r = take(**{'a': v}, **v)", "r = dict(**v, z=v)"),
    "END_SEND": ("r = drive(gfrom(gyield(v)), v)", "r = drive(cawait(gives(v)))"),
    "FORMAT_WITH_SPEC": ("r = f'{v:>3}'", "r = f'{v:{3}}'"),
    "FOR_ITER": ("for q in v:\n    r = q", "for q in v:\n    break", "for q, *p in v:\n    r = p"),
    "GET_AITER": ("r = drive(cfor(v))", "r = drive(acomp(v))"),
    "GET_AWAITABLE": ("r = drive(cawait(v))", "r = drive(cawait(Aw(v)), v)"),
    "GET_YIELD_FROM_ITER": ("r = drive(gfrom(v))", "for q in gfrom(v):\n    r = q\n    break"),
    "IMPORT_NAME": (
        "import math as w\nr = w.pi",
        "from os.path import join, split as w",
        "import os.path as w",
    ),
    "IS_OP": ("r = v is v", "r = v is not None"),
    "LIST_APPEND": ("r = [v for q in (1, 2)]", "r = [[q, v] for q in v]"),
    "LIST_EXTEND": ("r = [v, *v]", "r = [*v, *v]"),
    "LOAD_ATTR": ("r = v.real", "r = v.items", "r = v.a", "r = v.__class__", "r = v.v"),
    "LOAD_BUILD_CLASS": (
        "class K(v):\n    z = v",
        "class K(metaclass=v):\n    pass",
        "class K(Sub, tag=v):\n    a: int = v\nr = K",
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
    "LOAD_FAST_CHECK": ("if r:\n    w = v\nr = w", "w = v\nif not w:\n    del w\nr = w"),
    "LOAD_FROM_DICT_OR_DEREF": ("c = v\nclass K:\n    a = c\n    c = 1\nr = K.a",),
    "LOAD_FROM_DICT_OR_GLOBALS": ("GX = v\nclass K:\n    type Y = GX\nr = K.Y.__value__",),
    "LOAD_GLOBAL": ("GX = v\nr = GX", "GX = v\ntake(GX, G, GL)"),
    "LOAD_NAME": (
        "class K:\n    a = v\n    b = a\n    del a",
        "class K:\n    a = [v]\n    a += a\n    b = len(a)",
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
        "c = v\nmatch A(1):\n    case _ if c:\n        r = c",
        "match A(v):\n    case A(v=E() | B() | str()):\n        r = 1",
        "class K:\n    __match_args__ = ('z',)\n    z = v\nmatch K():\n    case K(w):\n"
        "        r = w",
    ),
    "MATCH_CLASS of a value": (
        "try:\n    match 1:\n        case v():\n            r = 1\nfinally:\n    r = 2",
    ),
    "MATCH_KEYS": (
        "match v:\n    case {'a': a, **rest}:\n        r = rest\n    case {1: _}:\n        r = 1",
        "match {'a': v}:\n    case {'a': w}:\n        r = w",
    ),
    "MATCH_SEQUENCE": (
        "match v:\n    case [a, *b]:\n        r = b\n    case []:\n        r = 0",
        "match [v]:\n    case [1] | [None] | [_]:\n        r = 0",
    ),
    "POP_JUMP_IF_NONE": ("if v is None:\n    r = 1", "r = 1 if v is not None else 2"),
    "POP_TOP": ("v\nr = 1", "[v]"),
    "RAISE_VARARGS": (
        "raise v",
        "raise E(v) from v",
        "try:\n    raise E(v)\nexcept E as w:\n    raise w.args[0] from w",
        "assert not v, v",
    ),
    "RETURN_VALUE": ("r = plainly(v)", "r = wrap(take)(v)", "r = gives(v)\nr.close()"),
    "SET_ADD": ("r = {v for q in (1, 2)}",),
    "SET_UPDATE": ("r = {1, *v}", "r = {*v, *()}"),
    "STORE_ATTR": ("v.a = 1", "w = A()\nw.v = v", "v.new = v", "v.__dict__['z'] = v"),
    "STORE_DEREF": ("c = v\ndef h():\n    nonlocal c\n    c = [c]\nh()",),
    "STORE_FAST_STORE_FAST": (
        "a, b = v, v\nr = a, b",
        "a, b = [v, v]",
        "for a, b in [(v, v)]:\n    r = a",
    ),
    "STORE_FAST_LOAD_FAST": ("r = [q for q in [v, v]]", "for a in [v]:\n    a"),
    "STORE_SLICE": ("v[0:1] = [v]", "q = [1, 2]\nq[0:1] = v", "q = [1]\nq[v:] = (1,)"),
    "STORE_SUBSCR": ("v[0] = v", "q = [0]\nq[0] = v", "v['k'] = v", "q = {}\nq[v] = 1"),
    "SWAP": (
        "a, b, c2, d2 = v, 1, 2, 3\na, b, c2, d2 = d2, c2, b, a",
        "r = 0 < 1 < v",
        "q = [v]\nq[0] += v",
    ),
    "TO_BOOL": ("if v:\n    r = 1", "r = not v", "r = v and 1 or v", "while v:\n    break"),
    "UNARY_INVERT": ("r = ~v",),
    "UNARY_NEGATIVE": ("r = -v",),
    "UNPACK_EX": ("a, *b = v", "*a, b = v", "a, *b, c2 = v"),
    "UNPACK_SEQUENCE": ("a, b = v", "(a,) = v", "a, (b, c2) = v, (1, 2)"),
    "WITH_EXCEPT_START": (
        "with W(True) as w:\n    raise E(v)",
        "with managed(v) as w:\n    raise E(w)",
        "drive(cthrow(v))",
        "with W(v):\n    v.nothing",
    ),
    "YIELD_VALUE": (
        "r = drive(gyield(v), v)",
        "r = drive(agen(v).__anext__())",
        "r = [q for q in gyield(v)]",
        "r = next(q for q in (v,))",
    ),
    "unwind": (
        "take(**{'a': 1}).no",
        "plainly(v, 1, 2)",
        "inner(v).send(None)",
        "rec(v, v)",
        "keyed()",
    ),
}
_NAMES = tuple(TEMPLATES)
_KINDS = tuple(VALUES)
VALUES_EACH = 4
TEMPLATES_EACH = 6


def _indented(text: str, depth: int) -> list[str]:
    return [f"{'    ' * depth}{line}" for line in text.split("\n")]


def _cells(index: int) -> tuple[list[str], list[str]]:
    """The kinds of values and the templates of the program with this index."""
    kinds = [_KINDS[(index * VALUES_EACH + at) % len(_KINDS)] for at in range(VALUES_EACH)]
    # The number of rounds shifts the templates, so that each pair comes in turn.
    turn = index * VALUES_EACH // len(_KINDS)
    start = index * TEMPLATES_EACH + turn * 5
    return kinds, [_NAMES[(start + at * 11) % len(_NAMES)] for at in range(TEMPLATES_EACH)]


def grid_program(index: int, chance: random.Random) -> str:
    """The function run() of one program."""
    kinds, names = _cells(index)
    values = [chance.choice(VALUES[kind]) for kind in kinds]
    chance.shuffle(values)
    lines = ["def run():", "    global GX", "    r = None", f"    for v in ({', '.join(values)},):"]
    for name in names:
        template = chance.choice(TEMPLATES[name])
        lines += [
            "        try:",
            *_indented(template, 3),
            "        except BaseException as x:",
            "            r = x",
        ]
    lines.append("    return r")
    return "\n".join(lines) + "\n"
