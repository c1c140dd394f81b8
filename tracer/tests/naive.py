"""A witness that shares nothing with the tracer: sys.settrace, and all locals at every line."""

import math
import sys
import types
from collections import deque
from collections.abc import Callable
from typing import Any

from support import FILENAME

PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...))
Snapshot = tuple[int, str, dict[str, str]]


def _is_inline(value: object, depth: int = 1) -> int:
    """Leaves of an inline tuple or scalar; a large number where it is none."""
    if type(value) in PLAIN:
        return 1
    if type(value) is not tuple or depth > 4:
        return 1000
    return sum(_is_inline(item, depth + 1) for item in value)


def _float(value: float) -> str:
    if math.isnan(value):
        return "float('nan')"
    return {float("inf"): "float('inf')", -float("inf"): "-float('inf')"}.get(value, repr(value))


def _name(kind: type) -> str:
    plain = kind.__module__ in ("builtins", "record", "__main__")
    return kind.__qualname__ if plain else f"{kind.__module__}.{kind.__qualname__}"


def text(value: object, seen: dict[int, int]) -> str:
    """Canonical text with everything below; the same form as Replay.text."""
    if type(value) in PLAIN or _is_inline(value) <= 32:
        if type(value) is float:
            return _float(value)
        if type(value) is tuple:
            inner = [text(item, seen) for item in value]
            return f"({inner[0]},)" if len(inner) == 1 else f"({', '.join(inner)})"
        return "..." if value is ... else repr(value)
    if id(value) in seen:
        return f"#{seen[id(value)]}"
    seen[id(value)] = len(seen)
    parts = [_name(type(value))]
    if isinstance(value, (list, tuple, deque)):
        parts.append(f"[{', '.join(text(item, seen) for item in value)}]")
    elif isinstance(value, (set, frozenset)):
        parts.append(f"[{', '.join(sorted(text(item, seen) for item in value))}]")
    elif isinstance(value, dict):
        pairs = [f"{text(k, seen)}: {text(v, seen)}" for k, v in value.items()]
        parts.append(f"{{{', '.join(pairs)}}}")
    elif type(value).__module__ == "record":
        pairs = [f"{name}={text(item, seen)}" for name, item in vars(value).items()]
        parts.append(f"<{', '.join(pairs)}>" if pairs else "")
    return "".join(parts)


def snapshots(call: Callable[[], object]) -> list[Snapshot]:
    """(line, code name, texts of locals) of every line event of the record's code."""
    found: list[Snapshot] = []

    def on_line(frame: types.FrameType, event: str, arg: Any) -> Any:
        del arg
        if frame.f_code.co_filename != FILENAME:
            return None
        if event == "line":
            names = {
                name: text(value, {})
                for name, value in frame.f_locals.items()
                if not name.startswith(".") and name not in ("__class__", "__classdict__")
            }
            found.append((frame.f_lineno, frame.f_code.co_name, names))
        return on_line

    sys.settrace(on_line)
    try:
        call()
    except BaseException:
        pass
    finally:
        sys.settrace(None)
    return found
