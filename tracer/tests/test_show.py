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

def parts():
    yield 1

async def waits():
    pass

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


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("Box", "returned Box"),
        ("parts", "returned generator parts"),
        ("waits", "returned coroutine waits"),
    ],
)
def test_an_object_that_no_event_returned_is_told_by_its_type(
    program: Path, function: str, told: str
) -> None:
    done = _run(program, function)
    assert done.stdout.splitlines()[-1] == told
    assert done.returncode == 0


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfdef f():\n    return '\xc3\xa9'\n",
        b"# -*- coding: latin-1 -*-\ndef f():\n    return '\xe9'\n",
    ],
)
def test_a_file_is_read_as_the_interpreter_reads_it(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "named.py"
    path.write_bytes(data)
    assert _run(path, "f").stdout.splitlines()[-1] == "returned 'é'"


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


def test_a_negative_budget_is_refused(program: Path) -> None:
    done = _run("--events", -1, program, "main")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("argument --events: is at least 0")
