"""Golden programs as rows: their text without the comment on how to call them, and their events."""

import json
import re
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[2] / "test" / "golden"
NAMES = sorted(path.stem for path in (GOLDEN / "programs").glob("*.py"))


def row(name: str) -> dict[str, object]:
    text = (GOLDEN / "programs" / f"{name}.py").read_text(encoding="utf-8")
    recorded = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return {"source": re.sub(r"\A#.*", "", text), "events": json.dumps(recorded["events"])}
