"""Reads a published set as training code does, and prints what it found as one JSON document.

SET README: the script of the README packs the texts; the reader gives every state of every trace.
"""

import hashlib
import json
import re
import runpy
import sys
import tempfile
from pathlib import Path

from tracemill_reader import check_row, dynamic_text, loss_mask, pack, rows, traces

LOCATION, README = sys.argv[1:]
# Of traces whose states are compared.
EVENTS_MAX = 40
END, IGNORED = 256, -100
PIECE = re.compile(r"<\|\w+\|>| ?\w+| ?[^\w\s]+|\s+")


def learned(row):
    return "".join(
        row["text"][span["start"] : span["end"]] for span in row["loss_spans"]
    )


def packed_by_readme(folder):
    """What the sequences of the script learn, as text."""
    blocks = re.findall(
        r"```python\n(.*?)```", Path(README).read_text("utf-8"), re.DOTALL
    )
    (script,) = (block for block in blocks if "pack.py" in block)
    out = Path(folder) / "out.jsonl"
    sys.argv = ["pack.py", LOCATION, str(out)]
    path = Path(folder) / "pack.py"
    path.write_text(script, "utf-8")
    runpy.run_path(str(path), run_name="__main__")
    labels = [
        label
        for line in out.read_text("utf-8").splitlines()
        for label in json.loads(line)["labels"]
        if label != IGNORED
    ]
    ends = labels.count(END)
    return {"text": bytes(t for t in labels if t != END).decode(), "examples": ends}


def by_pieces(text):
    """Words, signs and white space as one token each, as tokenizers of models cut."""
    spans = [found.span() for found in PIECE.finditer(text)]
    assert "".join(text[start:end] for start, end in spans) == text
    return [end - start for start, end in spans], spans


def boundaries():
    """Tokens whose mask is not what their code points say, and those that lie across a boundary."""
    wrong = across = 0
    for row in rows(LOCATION, "text"):
        _, offsets = by_pieces(row["text"])
        inside = bytearray(len(row["text"]))
        for span in row["loss_spans"]:
            inside[span["start"] : span["end"]] = b"\1" * (span["end"] - span["start"])
        for mask, (start, end) in zip(
            loss_mask(row["loss_spans"], offsets), offsets, strict=True
        ):
            wrong += mask != any(inside[start:end])
            across += len(set(inside[start:end])) > 1
    return {"wrong": wrong, "across": across}


def main():
    with tempfile.TemporaryDirectory() as folder:
        packed = packed_by_readme(folder)
    fitting = [
        row for row in rows(LOCATION, "text") if len(row["text"].encode()) < 8_192
    ]
    states = {}
    for trace in traces(LOCATION):
        check_row(trace.row)
        if trace.row["n_events"] > EVENTS_MAX:
            continue
        states[trace.row["id"]] = hashlib.sha256(
            dynamic_text(trace).encode()
        ).hexdigest()
    again = pack(fitting, by_pieces, length=8_192, end_token=0, pad_token=-1)
    print(
        json.dumps(
            {
                "isWhatSpansSay": packed["text"] == "".join(map(learned, fitting)),
                "examples": packed["examples"],
                "fitting": len(fitting),
                "boundaries": boundaries(),
                "lengths": sorted({len(one.tokens) for one in again}),
                "states": states,
            }
        )
    )


main()
