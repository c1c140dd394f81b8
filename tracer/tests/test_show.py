"""`python -m tracer` prints what a reader wants to see, and says in a sentence what is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = """class Box:
    def __init__(self):
        self.held = {}

def fill(box, n):
    for i in range(n):
        box.held[i] = [i]
        print("put", i)
    del box.held[0]
    return box

def main(n=1):
    return fill(Box(), n)

def fails():
    raise KeyError("gone")

def endless():
    while True:
        pass
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "box.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def _run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tracer", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("backend", [(), ("--backend", "core"), ("--backend", "reference")])
def test_each_step_stands_above_what_it_changed(program: Path, backend: tuple[str, ...]) -> None:
    done = _run(*backend, program, "main", "n=1")
    assert done.returncode == 0
    told = [line.strip() for line in done.stdout.splitlines()]
    assert told[-1] == "returned @3 Box"
    steps = [
        "6 line          for i in range(n):",
        "· i = 0",
        "· @5 range_iterator done",
        "7 line          box.held[i] = [i]",
        "· @6 list [0]",
        "· @4[0] = @6",
        '8 line          print("put", i)',
        "· stdout: 'put 0\\n'",
    ]
    start = told.index(steps[0])
    assert told[start : start + len(steps)] == steps


def test_exception_is_told_with_its_message(program: Path) -> None:
    done = _run(program, "fails")
    assert done.stdout.splitlines()[-1] == "raised KeyError: 'gone'"
    assert done.returncode == 0


@pytest.mark.parametrize("backend", ["core", "reference"])
def test_spent_budget_is_told(program: Path, backend: str) -> None:
    done = _run("--events", 9, "--backend", backend, program, "endless")
    assert done.stdout.splitlines()[-1].startswith("stopped: the budget of events is spent")
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("missing.py", "f"), "cannot read missing.py: FileNotFoundError"),
        (("{}", "absent"), "has no function 'absent'"),
        (("{}", "main", "nn"), "cannot evaluate the arguments: NameError: name 'nn'"),
    ],
)
def test_what_is_wrong_is_one_sentence(program: Path, words: tuple[str, ...], told: str) -> None:
    done = _run(*(word.format(program) for word in words))
    assert done.returncode == 1
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
