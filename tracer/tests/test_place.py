"""Builds of the recorder differ in size, and what is mapped after it must lie at the same place.

Where objects lie decides the order of sets of them, so bytes of a data set depend on it.
"""

import struct
import subprocess
import sys
from pathlib import Path

ROOM_BYTES = 512 << 10
PAGE_BYTES = 4096
PT_LOAD = 1

# In a fresh process, in which little was mapped before.
PROGRAM = """
from tracer import _core
print(_core.__file__)
print(open("/proc/self/maps").read())
"""


def pages_of(path: str) -> int:
    """Bytes of the pages from the first to the last that a shared object takes."""
    data = Path(path).read_bytes()
    (at,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    ends: list[int] = []
    for index in range(count):
        head = at + index * size
        (kind,) = struct.unpack_from("<I", data, head)
        (start,) = struct.unpack_from("<Q", data, head + 16)
        (taken,) = struct.unpack_from("<Q", data, head + 40)
        if kind == PT_LOAD:
            ends.append(start + taken)
    return -(-max(ends) // PAGE_BYTES) * PAGE_BYTES


def test_the_recorder_takes_the_same_room_whatever_its_size() -> None:
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    path, *maps = done.stdout.splitlines()
    assert Path(path).name.startswith("_core.")
    lines = [line for line in maps if line]
    first = next(index for index, line in enumerate(lines) if line.endswith(path))
    begin = int(lines[first].split("-")[0], 16)
    span, mode, *_ = lines[first - 1].split()
    below, until = (int(each, 16) for each in span.split("-"))
    assert (until, mode) == (begin, "---p")
    assert begin + pages_of(path) - below == ROOM_BYTES
