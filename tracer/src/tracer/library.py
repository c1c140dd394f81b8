"""Lists the modules of the standard library in the image; nothing is imported."""

import fnmatch
import platform
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Packages that others put beside the library, and the library's own tests.
_LEFT_OUT = frozenset({"site-packages", "dist-packages", "__pycache__"})
_TESTS = frozenset({"test", "tests", "idle_test"})


def _files(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_symlink() or entry.name in _LEFT_OUT or entry.name in _TESTS:
            continue
        if entry.is_dir() and entry.name.isidentifier():
            yield from _files(entry)
        elif entry.suffix == ".py" and entry.stem.isidentifier():
            yield entry


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def list_library(patterns: list[str]) -> dict[str, Any]:
    """Modules whose dotted name one of the patterns fits, by name, with the definitions in them."""
    root = Path(sysconfig.get_paths()["stdlib"])
    found: list[dict[str, Any]] = []
    for file in _files(root):
        path = file.relative_to(root)
        name = _name(path)
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            definitions = file.read_bytes().count(b"def ")
            found.append({"module": name, "path": path.as_posix(), "definitions": definitions})
    found.sort(key=lambda each: str(each["module"]))
    return {"v": 1, "python": platform.python_version(), "modules": found}
