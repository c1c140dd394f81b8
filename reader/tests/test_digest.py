"""A row that was changed is found by its digest."""

from typing import Any

import pytest

from tracemill_reader import check_row, row_digest
from tracemill_reader.digest import COLUMNS

ROW: dict[str, Any] = {
    **dict.fromkeys(COLUMNS, "x"),
    "line_coverage": 0.5,
    "return_is_literal": True,
    "n_events": 3,
    "labels": ["opaque", "identity"],
    "llm_model": None,
}


def test_a_row_is_the_one_that_was_published() -> None:
    row = {**ROW, "row_digest": row_digest(ROW)}
    check_row(row)
    check_row(dict(reversed(row.items())))
    for name, value in (("n_events", 4), ("labels", ["opaque"]), ("line_coverage", 0.25)):
        with pytest.raises(ValueError, match="not the one that was published"):
            check_row({**row, name: value})


def test_values_of_other_types_are_other_rows() -> None:
    digests = [row_digest({**ROW, "stdin": value}) for value in ("1", 1, True, None, ["1"], [1])]
    assert len(set(digests)) == len(digests)
    with pytest.raises(TypeError, match="a bytes is no cell"):
        row_digest({**ROW, "stdin": b"1"})


def test_a_row_without_all_columns_is_told() -> None:
    with pytest.raises(ValueError, match="has no column events"):
        check_row({name: value for name, value in ROW.items() if name != "events"})
