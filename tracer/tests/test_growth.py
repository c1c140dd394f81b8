"""Traced runs leave nothing behind in the process; the long form is `npm run test:memory`."""

import subprocess
import sys
from pathlib import Path

RUNS = 4_000


def test_memory_is_flat_over_many_runs() -> None:
    script = Path(__file__).resolve().parent / "long_growth.py"
    command = [sys.executable, str(script), "--runs", str(RUNS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
