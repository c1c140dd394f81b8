"""Rows of Parquet files in the layout of a set."""

from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from golden import row

from tracemill_reader import rows, traces


def _write(folder: Path, name: str, programs: list[str]) -> None:
    folder.mkdir(exist_ok=True)
    table = pyarrow.Table.from_pylist([{"id": one, **row(one)} for one in programs])
    pyarrow.parquet.write_table(table, folder / name, compression="zstd")


def test_rows_come_file_after_file_by_split(tmp_path: Path) -> None:
    folder = tmp_path / "traces"
    _write(folder, "train-00001-of-00002.parquet", ["cwm_mutation"])
    _write(folder, "train-00000-of-00002.parquet", ["cwm_loop", "cwm_escapes"])
    _write(folder, "test-00000-of-00001.parquet", ["cwm_caught"])
    found = [one["id"] for one in rows(str(tmp_path), split="train", columns=["id"])]
    assert found == ["cwm_loop", "cwm_escapes", "cwm_mutation"]
    everything = list(traces(f"file://{tmp_path}"))
    assert everything[0].row["id"] == "cwm_caught"
    assert all(trace.events for trace in everything)


def test_a_missing_file_is_told_and_read_around_on_demand(tmp_path: Path) -> None:
    folder = tmp_path / "traces"
    _write(folder, "train-00001-of-00003.parquet", ["cwm_mutation"])
    _write(folder, "train-00002-of-00003.parquet", ["cwm_loop"])
    _write(folder, "test-00000-of-00001.parquet", ["cwm_caught"])
    with pytest.raises(FileNotFoundError, match=r"train-00000-of-00003\.parquet is missing"):
        list(traces(str(tmp_path)))
    found = [trace.row["id"] for trace in traces(str(tmp_path), partial=True)]
    assert found == ["cwm_caught", "cwm_mutation", "cwm_loop"]
    assert len(list(rows(str(tmp_path), split="test"))) == 1


def test_a_set_without_such_files_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no text/\*-\*\.parquet below"):
        list(rows(str(tmp_path), "text"))
