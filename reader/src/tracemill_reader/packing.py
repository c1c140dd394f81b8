"""Packs texts into sequences of one length, with a mask of the tokens that are learned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Encode = Callable[[str], tuple[Sequence[int], Sequence[tuple[int, int]]]]
"""Gives the tokens of a text, and for each the code points that it covers, as start and end.

A fast tokenizer of Hugging Face gives both: ``lambda text: ((e := tok(text,
return_offsets_mapping=True)).input_ids, e.offset_mapping)``.
"""


@dataclass(frozen=True)
class Packed:
    """One sequence. All lists have the same length."""

    tokens: list[int]
    loss_mask: list[bool]
    """True where the token is learned."""
    example: list[int]
    """Which example of the sequence the token is of, from 0; -1 for padding."""


def loss_mask(spans: Iterable[Mapping[str, int]], offsets: Sequence[tuple[int, int]]) -> list[bool]:
    """True for each token of which a code point lies in a span (start inclusive, end exclusive)."""
    ordered = sorted((span["start"], span["end"]) for span in spans)
    mask = []
    at = 0
    for start, end in offsets:
        while at < len(ordered) and ordered[at][1] <= start:
            at += 1
        mask.append(at < len(ordered) and start < end and ordered[at][0] < end)
    return mask


def pack(
    examples: Iterable[Mapping[str, Any]],
    encode: Encode,
    *,
    length: int,
    end_token: int,
    pad_token: int,
) -> Iterator[Packed]:
    """Fills sequences of ``length`` tokens with whole examples, in order, each with an end token.

    An example is a row of ``text``: ``text`` and ``loss_spans`` (None learns all of it). One that
    is longer than a sequence raises ValueError: what is cut has no state that stands for itself.
    """
    tokens: list[int] = []
    mask: list[bool] = []
    example: list[int] = []
    for row in examples:
        ids, offsets = encode(row["text"])
        spans = row.get("loss_spans")
        learned = [True] * len(ids) if spans is None else loss_mask(spans, offsets)
        if len(ids) + 1 > length:
            raise ValueError(
                f"example {row.get('id', '?')} has {len(ids)} tokens, and a sequence {length}; "
                "render it with a smaller context budget, or pack longer sequences"
            )
        if len(tokens) + len(ids) + 1 > length:
            yield _padded(Packed(tokens, mask, example), length, pad_token)
            tokens, mask, example = [], [], []
        number = example[-1] + 1 if example else 0
        tokens += [*ids, end_token]
        mask += [*learned, True]
        example += [number] * (len(ids) + 1)
    if tokens:
        yield _padded(Packed(tokens, mask, example), length, pad_token)


def _padded(packed: Packed, length: int, pad_token: int) -> Packed:
    missing = length - len(packed.tokens)
    return Packed(
        packed.tokens + [pad_token] * missing,
        packed.loss_mask + [False] * missing,
        packed.example + [-1] * missing,
    )
