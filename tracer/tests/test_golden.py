"""The golden programs give the golden streams, and these decode to the golden events."""

import contextlib
import random
import re

import golden
import pytest
from replay import Replay

from tracer.decode import StreamError, decode

PROGRAMS = golden.programs()
NAMES = [program.name for program in PROGRAMS]


def _file(name: str, ending: str) -> bytes:
    return (golden.folder() / f"{name}.{ending}").read_bytes()


@pytest.mark.parametrize("program", PROGRAMS, ids=NAMES)
def test_program_gives_its_stream(program: golden.Program) -> None:
    data = golden.stream_of(program)
    assert golden.readable(data) == _file(program.name, "json").decode()
    assert data == _file(program.name, "stream.bin")


@pytest.mark.parametrize("name", NAMES)
def test_stream_decodes_to_its_events(name: str) -> None:
    data = _file(name, "stream.bin")
    assert golden.readable(data) == _file(name, "json").decode()


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_applies_to_the_state_before_it(name: str) -> None:
    replay = Replay()
    for event in decode(_file(name, "stream.bin")).events:
        replay.step(event)
        for value in replay.frames[int(str(event["frame"]))].values():
            replay.text(value)


def _damaged(data: bytes, chance: random.Random) -> bytes:
    """One of its bytes changed, gone or too many, or a number of many digits put in."""
    at = chance.randrange(len(data))
    middle = chance.choice(
        (
            bytes([data[at] ^ 1 << chance.randrange(8)]),
            b"",
            data[at : at + 1] * 2,
            b"\xff\xff\xff\xff\x07" + data[at : at + 1],
            # Tuples in tuples.
            b"\x0a\x01" * chance.choice((1, 30_000)),
        )
    )
    return data[:at] + middle + data[at + 1 :]


@pytest.mark.parametrize("name", NAMES[::6])
def test_a_damaged_stream_is_refused_with_one_kind_of_error(name: str) -> None:
    data, chance = _file(name, "stream.bin"), random.Random(name)
    damaged = [data[:end] for end in range(0, len(data), 1 + len(data) // 150)]
    damaged += [_damaged(data, chance) for _ in range(150)]
    for one in damaged:
        with contextlib.suppress(StreamError):
            decode(one)


def test_every_golden_file_has_a_program() -> None:
    found = {path.name.removesuffix(".stream.bin") for path in golden.folder().glob("*.bin")}
    assert found == set(NAMES)


def test_every_corner_case_has_a_program() -> None:
    """The cases are numbered in the comments of the programs that show them."""
    found: set[int] = set()
    for path in (golden.folder() / "programs").glob("corner_*.py"):
        numbers = re.findall(r"^# (\d+)\. ", path.read_text(encoding="utf-8"), re.MULTILINE)
        found.update(map(int, numbers))
    assert found == set(range(1, 119))
