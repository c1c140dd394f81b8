"""Digests of rows: whether a row is the one that was published (docs/data-set.md)."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Mapping
from typing import Any

COLUMNS = (
    *("id", "function_id", "input_id", "cluster_id", "environment", "split", "entry", "kind"),
    *("format_version", "input_index", "source", "setup", "call", "stdin", "input_origin"),
    *("llm_model", "python", "tracer", "granularity", "scope", "limits", "outcome", "limit_hit"),
    *("exception_type", "exception_message", "return_value", "return_type", "stdout", "stderr"),
    *("return_is_literal", "slice_verified", "args_after", "events", "n_events", "n_lines"),
    *("n_calls", "depth_max", "n_cut_values", "n_opaque", "path_digest", "opaque_callees"),
    *("labels", "reasons", "contaminated_by", "line_coverage", "branch_coverage", "repository"),
    *("path", "commit", "qualname", "license", "license_source", "line_start", "line_end"),
)
"""Columns of ``traces`` and ``rejected`` in schema order, without ``row_digest``."""


def _cells(value: object) -> Iterator[str]:
    if value is None:
        yield "n"
    elif isinstance(value, bool):
        yield f"b{int(value)}"
    elif isinstance(value, int):
        yield f"i{value}"
    elif isinstance(value, float):
        yield f"f{struct.pack('>f', value).hex()}"
    elif isinstance(value, str):
        yield f"s{value}"
    elif isinstance(value, (list, tuple)):
        yield f"l{len(value)}"
        for item in value:
            yield from _cells(item)
    else:
        raise TypeError(f"a {type(value).__name__} is no cell of a row")


def row_digest(row: Mapping[str, Any]) -> str:
    """What ``row_digest`` of a row of ``traces`` or ``rejected`` must be.

    Raises KeyError where a column is missing, TypeError for what Parquet gives nowhere (an array
    of NumPy, a missing value of pandas: give the reader what ``rows`` gives).
    """
    sha = hashlib.sha256()
    fields = (cell for name in COLUMNS for cell in _cells(row[name]))
    for field in ("tracemill/trace-row/1", *fields):
        data = field.encode()
        sha.update(f"{len(data)}:".encode())
        sha.update(data)
    return sha.hexdigest()


def check_row(row: Mapping[str, Any]) -> None:
    """Raises ValueError where a row of ``traces`` or ``rejected`` is not as it was published."""
    missing = [name for name in (*COLUMNS, "row_digest") if name not in row]
    if missing:
        raise ValueError(f"row {row.get('id', '?')} has no column {missing[0]}; read all columns")
    if row_digest(row) != row["row_digest"]:
        raise ValueError(f"row {row['id']} is not the one that was published: its digest differs")
