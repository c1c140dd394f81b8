"""Runs tests of the standard library and of source trees, and tells which lines of functions ran.

Each file or module of tests has a process of its own. Reads a line of JSON: `library` (names of
modules of tests; null for all, an empty list for none), `trees` (names of folders below
/opt/trees), `workers`, `seconds` (of one process). Writes a JSON object: `units`, and `lines` by
file as the image has it.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from recorder import NOTES

LIBRARY = Path("/usr/lib/python3.13")
PACKAGES = Path("/opt/packages")
KEPT_TREES = Path("/opt/trees")
TREES = Path("/tmp/trees")
# Packages as the image has them, before what pytest brings.
PATHS = {"library": {}, "pytest": {"PYTHONPATH": "/opt/packages:/opt/pytest"}}
OUTPUT_KEPT = 4_000
WHY_MAX = 160
LINE_DIGITS_MAX = 7
# pytest's own names of files with tests, below a folder that says so.
_TEST_FILE = re.compile(r"(^test_.*|.*_tests?)\.py$")
_TEST_FOLDER = re.compile(r"^tests?$")
# Exit codes of pytest and of the library's own runner that say that there was nothing to run.
_NOTHING = {"pytest": 5, "library": 4}


class Notes:
    """Lines that ran, by file. A process may still write into what was put aside last."""

    def __init__(self):
        self._lock = threading.Lock()
        self._aside = None
        self.lines = defaultdict(set)

    def gather(self):
        """Takes what was noted until the last call, and puts aside what was since."""
        with self._lock:
            if self._aside is not None:
                self._read(self._aside)
                self._aside.unlink()
                self._aside = None
            current = Path(NOTES, "lines")
            if current.exists():
                self._aside = current.rename(Path(NOTES, "aside"))

    def _read(self, path):
        with path.open(encoding="utf-8", errors="surrogateescape") as file:
            for text in file:
                name, _, line = text.rstrip("\n").rpartition("\t")
                # What a test wrote there by itself is no note.
                if line.isdecimal() and len(line) <= LINE_DIGITS_MAX:
                    self.lines[name].add(int(line))


def library_modules():
    """Names that the library's own runner lists; of large packages of tests each module."""
    command = [sys.executable, "-m", "test", "--list-tests"]
    found = subprocess.run(command, capture_output=True, check=True, text=True, cwd="/tmp")
    return sorted(set(found.stdout.split()))


def test_files(tree):
    """Files of tests of a source tree, by path in it."""
    found = []
    for folder, names, files in os.walk(tree):
        names.sort()
        parts = Path(folder).relative_to(tree).parts
        if any(_TEST_FOLDER.match(part) for part in parts):
            found += [
                str(Path(folder, each).relative_to(tree))
                for each in sorted(files)
                if _TEST_FILE.match(each)
            ]
    return found


def _ended(process):
    """Ends what is left of a unit."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _run(command, cwd, kind, seconds):
    """The exit code, null where time ran out, and the end of what was said."""
    with tempfile.TemporaryFile(dir="/tmp") as out:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **PATHS[kind]},
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
        _ended(process)
        process.wait()
        size = out.seek(0, os.SEEK_END)
        out.seek(max(0, size - OUTPUT_KEPT))
        return code, out.read().decode("utf-8", "replace")


_LIBRARY_RUN = re.compile(r"Total tests: run=([\d,]+)")
_PYTEST_RUN = re.compile(r"(\d+) (passed|failed|error)")
_LIBRARY_SKIPPED = re.compile(r"^[\w.]+ skipped(?: --)? ?(.*)$", re.MULTILINE)
_ERROR = re.compile(r"^(?:E +|(?=\w+(?:Error|Exception): ))(\S.*)$", re.MULTILINE)


def _tests_run(kind, text):
    if kind == "library":
        found = _LIBRARY_RUN.search(text)
        return int(found[1].replace(",", "")) if found else 0
    last = text.strip().rsplit("\n", 1)[-1]
    return sum(int(count) for count, what in _PYTEST_RUN.findall(last) if what != "error")


def _why(kind, code, text):
    """Why a unit ran no test: its own words where it has some."""
    if kind == "library":
        found = _LIBRARY_SKIPPED.search(text)
        if found:
            return found[1] or "skipped"
    errors = _ERROR.findall(text)
    if errors:
        return errors[-1]
    if code == 0:
        return "all of it is skipped"
    return "nothing in it is run by default" if code == _NOTHING[kind] else f"exit {code}"


def unit(kind, name, cwd, seconds):
    """What became of one process of tests."""
    command = [sys.executable, "-m", "test", "--tempdir", "/tmp", name]
    if kind == "pytest":
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name]
    started = time.monotonic()
    code, text = _run(command, cwd, kind, seconds)
    tests = _tests_run(kind, text)
    outcome = "passed" if code == 0 and tests else "failed"
    why = None
    if code is None:
        outcome, why = "cut", f"more than {seconds} s"
    elif tests == 0:
        outcome, why = "not run", " ".join(_why(kind, code, text).split())[:WHY_MAX]
    return {
        "outcome": outcome,
        "tests": tests,
        "seconds": round(time.monotonic() - started, 1),
        "why": why,
    }


def _frozen_file(name):
    """The file of a module that is part of the interpreter."""
    parts = name.removeprefix("<frozen ").removesuffix(">").replace(".", "/")
    for path in (f"{parts}.py", f"{parts}/__init__.py"):
        if (LIBRARY / path).is_file():
            return str(LIBRARY / path)
    return None


def _installed_file(name):
    """The file of the image that has the text of a file of a source tree."""
    path = Path(name)
    parts = path.relative_to(TREES).parts[1:]
    for inner in (parts, parts[1:]):
        installed = PACKAGES.joinpath(*inner)
        if (
            inner
            and installed.is_file()
            and path.is_file()
            and installed.read_bytes() == path.read_bytes()
        ):
            return str(installed)
    return None


def file_of(name):
    """Where the image has the code that a name belongs to; null where it has none."""
    if name.startswith("<frozen "):
        return _frozen_file(name)
    return _installed_file(name) if name.startswith(f"{TREES}/") else name


def units_of(request):
    """Kind, part, name and folder of each process."""
    wanted = request["library"]
    names = library_modules() if wanted is None else wanted
    found = [("library", "standard library", name, Path("/tmp")) for name in names]
    for tree in request["trees"]:
        shutil.copytree(KEPT_TREES / tree, TREES / tree)
        part = tree.rpartition("-")[0]
        found += [("pytest", part, name, TREES / tree) for name in test_files(TREES / tree)]
    return found


def _end_without_asker():
    sys.stdin.read()
    os._exit(1)


def main():
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_without_asker, daemon=True).start()
    notes, done = Notes(), []

    def work(one):
        kind, part, name, cwd = one
        result = {"part": part, "name": name, **unit(kind, name, cwd, request["seconds"])}
        notes.gather()
        done.append(result)
        print(f"{len(done)} of {total}: {name}: {result['outcome']}", file=sys.stderr, flush=True)
        return result

    units = units_of(request)
    total = len(units)
    with ThreadPoolExecutor(request["workers"]) as pool:
        results = list(pool.map(work, units))
    notes.gather()
    notes.gather()
    lines = defaultdict(set)
    for name, found in notes.lines.items():
        file = file_of(name)
        if file is not None:
            lines[file] |= found
    json.dump(
        {"units": results, "lines": {name: sorted(found) for name, found in sorted(lines.items())}},
        sys.stdout,
    )
    sys.stdout.flush()
    # Not through the end of the interpreter, which waits for the thread that reads.
    os._exit(0)


if __name__ == "__main__":
    main()
