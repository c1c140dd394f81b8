"""Rows of a set: a folder, or an address such as ``s3://bucket/sets/name/v1`` (extra ``s3``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tracemill_reader.local import LocalFiles
from tracemill_reader.trace import Trace


def _parquet() -> Any:
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise ImportError(
            "reading Parquet needs pyarrow; install tracemill-reader[parquet]"
        ) from error
    return parquet


def _opened(location: str) -> tuple[Any, str]:
    """A file system with ``glob`` and ``open``, and the path in it."""
    if "://" not in location:
        return LocalFiles(), location
    try:
        import fsspec
    except ImportError as error:
        raise ImportError(f"{location} needs fsspec; install tracemill-reader[s3]") from error
    found: tuple[Any, str] = fsspec.core.url_to_fs(location)
    return found


def rows(
    location: str,
    table: str = "traces",
    *,
    split: str = "*",
    columns: Sequence[str] | None = None,
    batch_rows: int = 256,
) -> Iterator[dict[str, Any]]:
    """The rows of one table of a set, file after file in the order of their names.

    ``table`` is ``traces``, ``rejected``, ``text`` or ``ledger``. At most ``batch_rows`` rows are
    held. Raises FileNotFoundError where the set has no such file.
    """
    parquet = _parquet()
    files, root = _opened(location.rstrip("/"))
    paths = sorted(files.glob(f"{root}/{table}/{split}-*.parquet"))
    if not paths:
        raise FileNotFoundError(f"no {table}/{split}-*.parquet below {location}")
    for path in paths:
        with files.open(path, "rb") as file:
            for batch in parquet.ParquetFile(file).iter_batches(batch_rows, columns=columns):
                yield from batch.to_pylist()


def traces(location: str, table: str = "traces", *, split: str = "*") -> Iterator[Trace]:
    """The traces of a set, one at a time."""
    for row in rows(location, table, split=split, batch_rows=16):
        yield Trace.from_row(row)
