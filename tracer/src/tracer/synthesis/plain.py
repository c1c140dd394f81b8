"""What two executions show, without what has to differ."""

import re

from tracer.synthesis.target import RECORD

Shown = dict[str, str | None]
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


def plain(shown: Shown, module: str = RECORD) -> Shown:
    """Without addresses, and without the names of the module and of the record."""
    names = re.compile(rf"\b(?:{re.escape(module)}|{RECORD})\b\.?")
    found: Shown = {}
    for key, text in shown.items():
        found[key] = None if text is None else _ADDRESS.sub("0x", names.sub("", text))
    return found
