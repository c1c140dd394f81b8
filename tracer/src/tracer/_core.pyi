# Types of the recorder in C (tracer/csrc/core*.c). One recording at a time.
import types
from collections.abc import Callable, Mapping

TRACER: str
# Whether it was compiled as its own runs show (tracer/profiled.py): 0 or 1.
PROFILED: int
CALLBACKS: dict[str, Callable[..., object]]

def open(
    granularity: int,
    exact: bool,
    filenames: frozenset[str],
    entry_globals: dict[str, object],
    module: object,
    limits: Mapping[str, int],
    planner: Callable[[types.CodeType], tuple[object, ...]],
    watcher: Callable[[types.CodeType], None],
    stopper: Callable[[int], None] | None,
    region: object,
    /,
) -> None: ...
def run(call: Callable[[], object], /) -> object: ...
def found() -> tuple[dict[str, bool], int, int, str | None]: ...
def looks() -> int: ...
def output(fd: int, data: bytes, /) -> None: ...
def take() -> bytes: ...
def codes() -> list[types.CodeType]: ...
def benign(code: types.CodeType, /) -> bytes | None: ...
def close() -> None: ...
