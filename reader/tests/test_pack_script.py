"""The script of the README packs the texts of a set as it says."""

import json
import re
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

README = Path(__file__).resolve().parents[1] / "README.md"
SPAN = pyarrow.struct([("start", pyarrow.int32()), ("end", pyarrow.int32())])
SCHEMA = pyarrow.schema(
    [
        ("id", pyarrow.string()),
        ("text", pyarrow.string()),
        ("loss_spans", pyarrow.list_(SPAN)),
    ]
)
END, PAD, IGNORED = 256, 257, -100


def _script() -> str:
    blocks: list[str] = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    (script,) = (block for block in blocks if "pack.py" in block)
    assert len([line for line in script.splitlines() if line.strip()]) <= 40
    return script


def _write(folder: Path, examples: list[tuple[str, str]]) -> None:
    (folder / "text").mkdir()
    found = [
        {
            "id": str(index),
            "text": given + learned,
            "loss_spans": [{"start": len(given), "end": len(given + learned)}],
        }
        for index, (given, learned) in enumerate(examples)
    ]
    table = pyarrow.Table.from_pylist(found, schema=SCHEMA)
    pyarrow.parquet.write_table(table, folder / "text" / "train-00000-of-00001.parquet")


def test_sequences_have_one_length_and_learn_what_is_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = [(f"given é {n}\n" * 30, f"learned 😀 {n}\n") for n in range(100)]
    _write(tmp_path, [*kept[:50], ("x" * 9_000, "y"), *kept[50:]])
    out = tmp_path / "out.jsonl"
    monkeypatch.setattr(sys, "argv", ["pack.py", str(tmp_path), str(out)])
    exec(compile(_script(), "pack.py", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out == "left out, longer than 8192 tokens: 1\n"
    sequences = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert len(sequences) > 1
    learned = b""
    for one in sequences:
        assert {len(one[name]) for name in one} == {8_192}
        assert {t for t, s in zip(one["input_ids"], one["segment_ids"], strict=True) if s < 0} <= {
            PAD
        }
        tokens = [label for label in one["labels"] if label not in (IGNORED, END)]
        learned += bytes(tokens)
    assert learned.decode() == "".join(text for _, text in kept)
    ends = sum(label == END for one in sequences for label in one["labels"])
    assert ends == len(kept)
