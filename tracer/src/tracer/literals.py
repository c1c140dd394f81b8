"""Inline values: which objects are literals, and the text of each (docs/trace-format.md §4)."""

import math

from tracer.safe import protect

protect(globals())

# By address, as all types here: the hash of a type may be code of the program.
SCALAR_TYPES = frozenset(
    map(id, (type(None), bool, int, float, complex, str, bytes, type(Ellipsis))),
)
TUPLE_LEAVES_MAX = 32
TUPLE_DEPTH_MAX = 4
# Decimal digits up to which an int is written in decimal.
DECIMAL_DIGITS_MAX = 4300
_DECIMAL_BOUND = 10**DECIMAL_DIGITS_MAX
# Under the smallest limit that a program can set for conversions of its own.
_CHUNK_DIGITS = 600
_CHUNK = 10**_CHUNK_DIGITS


def _decimal(number: int) -> str:
    """Decimal text of a non-negative int, whatever limit of digits the program has set."""
    chunks: list[str] = []
    while number >= _CHUNK:
        number, low = divmod(number, _CHUNK)
        chunks.append(f"{low:0{_CHUNK_DIGITS}d}")
    chunks.append(repr(number))
    return "".join(reversed(chunks))


def int_text(number: int) -> str:
    """Decimal up to 4,300 digits, hexadecimal above."""
    if -_CHUNK < number < _CHUNK:
        return repr(number)
    if -_DECIMAL_BOUND < number < _DECIMAL_BOUND:
        return _decimal(number) if number > 0 else "-" + _decimal(-number)
    return hex(number)


def float_text(number: float) -> str:
    """The shortest literal that gives the same float, or a call for what has no literal."""
    if math.isfinite(number):
        return repr(number)
    if math.isnan(number):
        return "float('nan')"
    return "float('inf')" if number > 0 else "-float('inf')"


def complex_text(number: complex) -> str:
    """`repr` where both parts are finite, else a call."""
    if math.isfinite(number.real) and math.isfinite(number.imag):
        return repr(number)
    return f"complex({float_text(number.real)}, {float_text(number.imag)})"


def scalar_text(value: object) -> str:
    """Literal of a value of one of the scalar types, uncut."""
    kind = type(value)
    if kind is int:
        return int_text(value)  # type: ignore[arg-type]
    if kind is float:
        return float_text(value)  # type: ignore[arg-type]
    if kind is complex:
        return complex_text(value)  # type: ignore[arg-type]
    return "..." if value is Ellipsis else repr(value)


def tuple_text(texts: list[str]) -> str:
    """The literal of a tuple of these literals."""
    if len(texts) == 1:
        return f"({texts[0]},)"
    return f"({', '.join(texts)})"
