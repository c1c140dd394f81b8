"""The matrix of opcode, event and kind of value that generated programs have to fill.

A row is an opcode at an event, or all opcodes at it; a column is a kind of value. `matrix.csv` has
`+` in each cell in which at least WANTED hits are demanded, and else the letter of the rule that
says why nothing comes there. As a script, writes it anew.
"""

import csv
import io
import opcode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from coverage import ANY, Cell
from value_kinds import NOTHING
from value_table import VALUES

WANTED = 100
DEMANDED = "+"
FILE = Path(__file__).resolve().parent / "matrix.csv"
COLUMNS = (ANY, *VALUES, NOTHING)

_ALL = frozenset(VALUES)
_EXCEPTIONS = frozenset({"exception", "own exception", "exception group"})
_LITERALS = frozenset(
    {
        *("None", "bool", "int", "int of many digits", "float", "complex", "str", "bytes"),
        *("str with a surrogate", "ellipsis", "tuple of scalars", "tuple"),
    }
)
_LONG = frozenset({"float that is no number", "str that is cut", "bytes that are cut"})


@dataclass(frozen=True)
class Rule:
    """Which kinds come to an opcode, and why no other does; of `more` no number is demanded."""

    letter: str
    reason: str
    kinds: frozenset[str]
    more: frozenset[str] = frozenset()


def _rule(letter: str, reason: str, *kinds: str, more: frozenset[str] = frozenset()) -> Rule:
    return Rule(letter, reason, frozenset(kinds), more)


_ANYTHING = Rule("e", "no empty place of the stack comes to it", _ALL, frozenset({ANY}))
_EVEN_NOTHING = Rule("", "", _ALL | {NOTHING}, frozenset({ANY}))
_NO_VALUE = _rule("n", "it takes no value and puts none", ANY)
_A_BOOL = _rule("b", "the compiler puts TO_BOOL or a comparison before it: a bool alone", "bool")
_AN_ERROR = Rule("x", "it handles an exception, and nothing else is one", _EXCEPTIONS)

_OPS: dict[str, Rule] = {
    **dict.fromkeys(
        (
            *("BEFORE_ASYNC_WITH", "BEFORE_WITH", "BINARY_OP", "BINARY_SLICE", "BINARY_SUBSCR"),
            *("BUILD_CONST_KEY_MAP", "BUILD_LIST", "BUILD_MAP", "BUILD_SET", "BUILD_SLICE"),
            *("BUILD_TUPLE", "CALL_INTRINSIC_1", "CHECK_EG_MATCH", "CHECK_EXC_MATCH"),
            *("COMPARE_OP", "CONTAINS_OP", "CONVERT_VALUE", "COPY", "DELETE_ATTR"),
            *("DELETE_SUBSCR", "DICT_MERGE", "DICT_UPDATE", "END_SEND", "FORMAT_SIMPLE"),
            *("FORMAT_WITH_SPEC", "FOR_ITER", "GET_AITER", "GET_AWAITABLE", "GET_ITER"),
            *("GET_YIELD_FROM_ITER", "IS_OP", "LIST_APPEND", "LIST_EXTEND", "LOAD_DEREF"),
            *("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_LOAD_FAST", "LOAD_FROM_DICT_OR_DEREF"),
            *("LOAD_FROM_DICT_OR_GLOBALS", "LOAD_NAME", "MAP_ADD", "MATCH_CLASS"),
            *("MATCH_MAPPING", "MATCH_SEQUENCE", "POP_JUMP_IF_NONE", "POP_JUMP_IF_NOT_NONE"),
            *("POP_TOP", "RAISE_VARARGS", "RETURN_VALUE", "SEND", "SET_ADD", "SET_UPDATE"),
            *("STORE_ATTR", "STORE_DEREF", "STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST"),
            *("STORE_GLOBAL", "STORE_NAME", "STORE_SLICE", "STORE_SUBSCR", "TO_BOOL"),
            *("UNARY_INVERT", "UNARY_NEGATIVE", "UNPACK_EX", "UNPACK_SEQUENCE", "YIELD_VALUE"),
        ),
        _ANYTHING,
    ),
    **dict.fromkeys(
        (
            *("CALL", "CALL_FUNCTION_EX", "CALL_KW", "LOAD_ATTR", "LOAD_GLOBAL"),
            *("LOAD_FAST_AND_CLEAR", "STORE_FAST", "SWAP"),
        ),
        _EVEN_NOTHING,
    ),
    **dict.fromkeys(
        (
            *("DELETE_DEREF", "DELETE_FAST", "DELETE_GLOBAL", "DELETE_NAME", "JUMP_BACKWARD"),
            *("JUMP_BACKWARD_NO_INTERRUPT", "JUMP_FORWARD", "NOP", "PUSH_NULL", "RETURN_CONST"),
            "SETUP_ANNOTATIONS",
        ),
        _NO_VALUE,
    ),
    **dict.fromkeys(("POP_JUMP_IF_FALSE", "POP_JUMP_IF_TRUE", "UNARY_NOT"), _A_BOOL),
    **dict.fromkeys(("PUSH_EXC_INFO", "RERAISE", "WITH_EXCEPT_START"), _AN_ERROR),
    "BUILD_STRING": _rule(
        "s", "it joins what was formatted", "str", "str that is cut", "str with a surrogate"
    ),
    "CALL_INTRINSIC_2": Rule(
        "i",
        "in code that is traced except* calls it alone, for an exception and a list",
        _EXCEPTIONS | {"list", "None"},
        _ALL,
    ),
    "CLEANUP_THROW": Rule(
        "t",
        "it has the iterator of yield from, what was sent, and the exception",
        frozenset({"None", "generator", "exception", "own exception"}),
        _ALL,
    ),
    "END_ASYNC_FOR": Rule(
        "a",
        "it has an asynchronous iterator and an exception",
        frozenset({"async generator", "iterable object", "exception"}),
        _EXCEPTIONS,
    ),
    "GET_ANEXT": Rule(
        "w",
        "it takes an asynchronous iterator and puts what to await",
        frozenset({"async generator", "iterable object", "coroutine", "other C type"}),
    ),
    "GET_LEN": Rule(
        "l", "a pattern asks it of a sequence or a mapping", frozenset({"list", "int"}), _ALL
    ),
    "IMPORT_FROM": _rule("m", "it takes a module", "module"),
    "IMPORT_NAME": _rule(
        "p", "it takes the level and the names", "int", "None", "tuple of scalars"
    ),
    "LOAD_ASSERTION_ERROR": _rule("h", "it puts that class", "library class", ANY),
    "LOAD_BUILD_CLASS": _rule("u", "it puts that function", "builtin", ANY),
    "LOAD_CONST": Rule(
        "c",
        "the compiler makes no constant of it",
        _LITERALS | _LONG | {"frozenset", "code object"},
        frozenset({ANY}),
    ),
    "LOAD_LOCALS": _rule("d", "it puts the namespace of a class body", "dict", ANY),
    "LOAD_SUPER_ATTR": Rule(
        "q",
        "it takes super, a class and an instance, and puts a method",
        frozenset({"library class", "class", "instance", "bound method", NOTHING}),
        _ALL,
    ),
    "MAKE_FUNCTION": _rule("f", "it makes a function of code", "code object", "function"),
    "MATCH_KEYS": Rule(
        "y",
        "it takes a mapping and a tuple of keys",
        frozenset({"dict", "Counter", "OrderedDict", "defaultdict", "tuple of scalars"}),
        _ALL,
    ),
    "POP_EXCEPT": Rule(
        "o", "it takes the exception that was handled before", frozenset({"None"}), _EXCEPTIONS
    ),
    "SET_FUNCTION_ATTRIBUTE": Rule(
        "g",
        "it takes a function and a tuple or dict that the compiler built",
        frozenset({"function", "tuple", "tuple of scalars", "dict"}),
    ),
}
# Opcodes that no instruction event has, and why.
UNSEEN: dict[str, str] = {
    **dict.fromkeys(
        ("COPY_FREE_VARS", "MAKE_CELL", "RETURN_GENERATOR", "RESUME"),
        "part of the prologue, which has no instruction events; nor has a later RESUME",
    ),
    **dict.fromkeys(
        ("CACHE", "EXTENDED_ARG", "RESERVED"), "no instruction of its own: a cache or a prefix"
    ),
    **dict.fromkeys(
        ("ENTER_EXECUTOR", "EXIT_INIT_CHECK", "INTERPRETER_EXIT"),
        "the interpreter runs it in frames of its own, or where it was specialised",
    ),
    "END_FOR": "FOR_ITER jumps over it where its iterator is exhausted",
}

# Opcodes with which lines begin, or which raise by themselves: a hundred of each are demanded.
LINE_STARTS = (
    *("BUILD_LIST", "DELETE_FAST", "FOR_ITER", "JUMP_BACKWARD", "LOAD_BUILD_CLASS", "LOAD_CONST"),
    *("LOAD_DEREF", "LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_LOAD_FAST", "LOAD_GLOBAL"),
    *("LOAD_NAME", "NOP", "PUSH_EXC_INFO"),
)
RAISING = (
    *("BEFORE_ASYNC_WITH", "BEFORE_WITH", "BINARY_OP", "BINARY_SLICE", "BINARY_SUBSCR"),
    *("BUILD_MAP", "BUILD_SET", "CALL", "CALL_FUNCTION_EX", "CALL_INTRINSIC_1", "CALL_KW"),
    *("CHECK_EG_MATCH", "CHECK_EXC_MATCH", "COMPARE_OP", "CONTAINS_OP", "DELETE_ATTR"),
    *("DELETE_SUBSCR", "DICT_MERGE", "DICT_UPDATE", "FORMAT_WITH_SPEC", "FOR_ITER", "GET_AITER"),
    *("GET_AWAITABLE", "GET_ITER", "GET_YIELD_FROM_ITER", "LIST_EXTEND", "LOAD_ATTR"),
    *("LOAD_FAST_CHECK", "MAP_ADD", "MATCH_CLASS", "RAISE_VARARGS", "SET_ADD", "SET_UPDATE"),
    *("STORE_ATTR", "STORE_SLICE", "STORE_SUBSCR", "TO_BOOL", "UNARY_INVERT", "UNARY_NEGATIVE"),
    *("UNPACK_EX", "UNPACK_SEQUENCE", "YIELD_VALUE"),
)
_ROW = _rule("r", "the kind of value has a row of its own, over all opcodes", ANY)
_RETURNED = Rule("c", "the compiler makes no constant of it", _LITERALS)


def rules() -> dict[tuple[str, str], Rule]:
    """By event and opcode: the rows of the matrix."""
    rows = {("instruction", op): rule for op, rule in sorted(_OPS.items())}
    for event in ("call", "line"):
        rows[event, ANY] = Rule("", "", _ALL | {NOTHING}, frozenset({ANY}))
    rows["call", "RESUME"] = rows["resume", "RESUME"] = _ROW
    rows["resume", ANY] = Rule("e", _ANYTHING.reason, _ALL, frozenset({ANY}))
    rows["return", "RETURN_VALUE"] = rows["yield", "YIELD_VALUE"] = _ANYTHING
    rows["return", "RETURN_CONST"] = _RETURNED
    for event in ("raise", "handled", "unwind"):
        rows[event, ANY] = _AN_ERROR
    rows |= {("line", op): _ROW for op in LINE_STARTS}
    rows |= {("raise", op): _ROW for op in RAISING}
    rows["handled", "PUSH_EXC_INFO"] = rows["unwind", "RERAISE"] = _ROW
    return rows


def text() -> str:
    """What `matrix.csv` holds."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["event", "opcode", *COLUMNS])
    for (event, op), rule in rules().items():
        cells = [DEMANDED if kind in rule.kinds else rule.letter for kind in COLUMNS]
        table.writerow([event, op, *cells])
    return out.getvalue()


def _read() -> dict[tuple[str, str], dict[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {(row.pop("event"), row.pop("opcode")): row for row in rows}


def problems(hits: Mapping[Cell, int], wanted: int = WANTED) -> Iterator[str]:
    """Cells with too few hits, and hits where a rule says that nothing comes."""
    rows, known = _read(), rules()
    for (event, op), row in rows.items():
        for kind, mark in row.items():
            found = hits.get((op, event, kind), 0)
            if mark == DEMANDED and found < wanted:
                yield f"{event} {op} x {kind}: {found} of {wanted}"
            elif mark != DEMANDED and found > 0 and kind not in known[event, op].more:
                yield f"{event} {op} x {kind}: {found}, though {known[event, op].reason}"
    for op, event, kind in hits:
        if event == "instruction" and (event, op) not in rows:
            yield f"{event} {op} x {kind}: no such row"


def opcodes_without_row() -> set[str]:
    """Opcodes of the interpreter that neither a row nor a reason has; empty where all is told."""
    real = {name for name, number in opcode.opmap.items() if number < 256}
    plain = {name for name in real if not name.startswith("INSTRUMENTED_")}
    return plain - set(_OPS) - set(UNSEEN)


def summary(hits: Mapping[Cell, int]) -> str:
    """How many cells there are, how many are demanded, and the fewest hits of one of these."""
    rows = _read()
    demanded = [
        hits.get((op, event, kind), 0)
        for (event, op), row in rows.items()
        for kind, mark in row.items()
        if mark == DEMANDED
    ]
    cells = len(rows) * len(COLUMNS)
    return (
        f"matrix: {cells} cells in {len(rows)} rows, {len(demanded)} demanded, "
        f"fewest hits {min(demanded)}, {sum(demanded)} in all"
    )


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
