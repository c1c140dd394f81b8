"""Rows of a set: a folder, or an address such as ``s3://bucket/sets/name/v1`` (extra ``s3``)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
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


_ROWS_HELD = {"traces": 16, "rejected": 16}
_PART = re.compile(r"(\w+)-(\d{5})-of-(\d{5})\.parquet\Z")


def _missing(paths: Iterable[str]) -> list[str]:
    """Files that the names of the others tell of: each says how many its split has."""
    names = {path.replace("\\", "/").rsplit("/", 1)[-1] for path in paths}
    found = [part for part in map(_PART.match, names) if part is not None]
    whole = {
        f"{split}-{number:05d}-of-{count}.parquet"
        for split, count in {part.group(1, 3) for part in found}
        for number in range(int(count))
    }
    return sorted(whole - names)


def rows(
    location: str,
    table: str = "traces",
    *,
    split: str = "*",
    columns: Sequence[str] | None = None,
    partial: bool = False,
) -> Iterator[dict[str, Any]]:
    """The rows of one table of a set, file after file in the order of their names.

    ``table`` is ``traces``, ``rejected``, ``text`` or ``ledger``. At most 256 rows are
    held, of tables with events 16. Raises FileNotFoundError where the set has no such file, or not
    all of a split; with ``partial`` those that are there are read.
    """
    parquet = _parquet()
    files, root = _opened(location.rstrip("/"))
    paths = sorted(files.glob(f"{root}/{table}/{split}-*.parquet"))
    if not paths:
        raise FileNotFoundError(f"no {table}/{split}-*.parquet below {location}")
    missing = [] if partial else _missing(paths)
    if missing:
        raise FileNotFoundError(
            f"{table} below {location} is not whole: {missing[0]} is missing "
            f"({len(missing)} in all); fetch it, or read with partial=True"
        )
    held = _ROWS_HELD.get(table, 256)
    for path in paths:
        with files.open(path, "rb") as file:
            for batch in parquet.ParquetFile(file).iter_batches(held, columns=columns):
                yield from batch.to_pylist()


def traces(
    location: str, table: str = "traces", *, split: str = "*", partial: bool = False
) -> Iterator[Trace]:
    """The traces of a set, one at a time. Raises as ``rows`` does."""
    for row in rows(location, table, split=split, partial=partial):
        yield Trace.from_row(row)
