"""Sequences hold whole examples, and learn what their spans say."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tracemill_reader import loss_mask, pack


def by_character(text: str) -> tuple[Sequence[int], Sequence[tuple[int, int]]]:
    return [ord(one) for one in text], [(at, at + 1) for at in range(len(text))]


def test_a_token_is_learned_where_a_span_touches_it() -> None:
    offsets = [(0, 2), (2, 5), (5, 5), (5, 9)]
    assert loss_mask([{"start": 4, "end": 6}], offsets) == [False, True, False, True]
    assert loss_mask([], offsets) == [False] * 4
    spans = [{"start": 6, "end": 7}, {"start": 0, "end": 1}]
    assert loss_mask(spans, offsets) == [True, False, False, True]


def test_examples_fill_sequences_whole_and_in_order() -> None:
    rows: list[Mapping[str, Any]] = [
        {"text": "abc", "loss_spans": [{"start": 1, "end": 2}]},
        {"text": "de", "loss_spans": None},
        {"text": "fgh", "loss_spans": []},
    ]
    first, second = pack(rows, by_character, length=8, end_token=1, pad_token=0)
    assert first.tokens == [97, 98, 99, 1, 100, 101, 1, 0]
    assert first.loss_mask == [False, True, False, True, True, True, True, False]
    assert first.example == [0, 0, 0, 0, 1, 1, 1, -1]
    assert second.tokens == [102, 103, 104, 1, 0, 0, 0, 0]


def test_an_example_that_fits_no_sequence_is_refused_by_name() -> None:
    rows: list[Mapping[str, Any]] = [{"id": "x1", "text": "abcdef", "loss_spans": None}]
    with pytest.raises(ValueError, match="example x1 has 6 tokens, and a sequence 4"):
        list(pack(rows, by_character, length=4, end_token=1, pad_token=0))
