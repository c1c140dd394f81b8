"""The document of a request, as the host sends it."""

import json
from collections.abc import Callable
from operator import itemgetter
from typing import Any, Literal, NamedTuple


class Request(NamedTuple):
    """One invocation. All texts are the user's own."""

    kind: Literal["source", "import", "program"]
    source: str
    entry: str
    setup: str
    call: str
    granularity: str
    backend: Literal["core", "reference"]
    limits: dict[str, int]

    @classmethod
    def parse(cls, document: bytes) -> "Request":
        """Raises KeyError where the host left something out."""
        fields, _ = _scan(document.decode(), 0)
        return cls._make(_values(fields))


# What `json.loads` comes to in the end, without the Python code in between: each child does it.
_scan: Callable[[str, int], tuple[dict[str, Any], int]] = json.JSONDecoder().__dict__["scan_once"]
_values = itemgetter(*Request._fields)
