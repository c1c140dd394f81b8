"""Loads a published set with five libraries and prints what each of them found, as one JSON document."""

import hashlib
import json
import sys
from pathlib import Path

import datasets
import duckdb
import mlcroissant
import pandas
import polars

folder = Path(sys.argv[1])
TABLES = ("traces", "rejected", "ledger", "text")


def plain(value: object) -> object:
    """One form for what libraries give as arrays, bytes and their own missing values."""
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, float):
        return None if value != value else int(value) if value.is_integer() else value
    return value


def digest(rows: list[dict[str, object]], columns: list[str]) -> str:
    """Over every cell, in the order of rows and of columns."""
    sha = hashlib.sha256()
    for row in rows:
        cells = [plain(row[name]) for name in columns]
        sha.update(json.dumps(cells, ensure_ascii=False, separators=(",", ":")).encode())
        sha.update(b"\n")
    return sha.hexdigest()


def found(rows: list[dict[str, object]], columns: list[str], types: object = None) -> object:
    return {"rows": len(rows), "columns": columns, "types": types, "digest": digest(rows, columns)}


def with_datasets(table: str) -> object:
    loaded = datasets.load_dataset(str(folder), name=table, split="train")
    types = {field.name: str(field.type) for field in loaded.data.schema}
    return found(loaded.to_list(), loaded.column_names, types)


def with_pandas(table: str) -> object:
    frame = pandas.read_parquet(folder / table)
    return found(frame.astype(object).to_dict("records"), list(frame.columns))


def with_duckdb(table: str) -> object:
    query = duckdb.sql(f"select * from read_parquet('{folder}/{table}/*.parquet')")
    rows = [dict(zip(query.columns, row, strict=True)) for row in query.fetchall()]
    types = dict(zip(query.columns, map(str, query.types), strict=True))
    return found(rows, query.columns, types)


def with_polars(table: str) -> object:
    frame = polars.read_parquet(folder / table / "*.parquet")
    types = {name: str(kind) for name, kind in frame.schema.items()}
    return found(frame.to_dicts(), frame.columns, types)


def with_croissant(table: str) -> object:
    metadata = mlcroissant.Dataset(str(folder / "croissant.json"))
    rows = [
        {name.split("/", 1)[1]: value for name, value in row.items()}
        for row in metadata.records(table)
    ]
    # What the vocabulary has no type for is not described.
    return found(rows, list(rows[0]) if rows else [])


LIBRARIES = {
    "datasets": with_datasets,
    "pandas": with_pandas,
    "duckdb": with_duckdb,
    "polars": with_polars,
    "croissant": with_croissant,
}
print(
    json.dumps(
        {name: {table: load(table) for table in TABLES} for name, load in LIBRARIES.items()}
    )
)
