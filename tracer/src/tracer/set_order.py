"""Whether an instruction makes the order of a set visible (docs/trace-format.md §7)."""

from tracer import _peek
from tracer.code_facts import Instruction
from tracer.safe import protect

protect(globals())

_ON_TOP = frozenset(
    {
        "GET_ITER",
        "GET_YIELD_FROM_ITER",
        "UNPACK_SEQUENCE",
        "UNPACK_EX",
        "LIST_EXTEND",
        "CONVERT_VALUE",
        "FORMAT_SIMPLE",
    }
)
_BLIND: frozenset[object] = frozenset(
    {
        len,
        sorted,
        set,
        frozenset,
        bool,
        isinstance,
        issubclass,
        type,
        id,
        hash,
        callable,
        any,
        all,
        min,
        max,
    }
)
_BLIND_IDS = frozenset(id(item) for item in _BLIND)
_SET_METHODS = frozenset(
    id(method)
    for base in (set, frozenset)
    for name, method in vars(base).items()
    if name not in ("pop", "__iter__", "__repr__", "__reduce__")
)
_BUILTIN_METHOD = type(len)
_LABELS = {1: ("hash-order",), 2: ("identity-order",), 3: ("hash-order", "identity-order")}


def _labels_of(item: object) -> tuple[str, ...]:
    if not issubclass(type(item), (set, frozenset)):
        return ()
    return _LABELS.get(_peek.hash_kind(item), ())


def labels_at(instruction: Instruction, frame: int, depth: int) -> tuple[str, ...]:
    """Labels for an operand of an instruction that is about to run."""
    if depth == 0:
        return ()
    if instruction.op in _ON_TOP:
        return _labels_of(_peek.stack(frame, depth)[-1])
    if instruction.op == "FORMAT_WITH_SPEC":
        return _labels_of(_peek.stack(frame, depth)[-2])
    return ()


def labels_of_call(callee: object, arguments: list[object]) -> tuple[str, ...]:
    """Labels for a call of an untraced callable; an unbound receiver is an operand."""
    if id(callee) in _BLIND_IDS or id(callee) in _SET_METHODS:
        return ()
    found: tuple[str, ...] = ()
    if type(callee) is _BUILTIN_METHOD:
        owner = callee.__self__  # type: ignore[attr-defined]
        if issubclass(type(owner), (set, frozenset)):
            if callee.__name__ != "pop":
                return ()
            found += _labels_of(owner)
    for item in arguments:
        found += _labels_of(item)
    return found
