"""Programs that stand in files of text, by their names."""

import functools
import re
from pathlib import Path

_FOLDER = Path(__file__).parent / "programs"
_HEAD = re.compile(r"^### (.+)\n", re.MULTILINE)


@functools.cache
def programs(name: str) -> dict[str, str]:
    """Those of one file: each begins with `### NAME`; what stands before all is put before each."""
    text = (_FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    before, *parts = _HEAD.split(text)
    return {title: before + body for title, body in zip(parts[::2], parts[1::2], strict=True)}
