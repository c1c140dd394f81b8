"""The document of a request, as the host sends it."""

import json
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Request:
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
        fields = json.loads(document)
        return cls(**{name: fields[name] for name in cls.__dataclass_fields__})
