"""Facts of code with EXTENDED_ARG: they are those of the whole instruction."""

import dis
import types

import pytest
from support import load

from tracer.code_facts import CodeFacts

CONSTANTS = ", ".join(str(number) for number in range(1000, 1300))
SOURCES = {
    "constants": f"def f(a):\n    return a + 999, {CONSTANTS}, a * 5000\n",
    "long jumps": "def f(a):\n    for n in a:\n"
    + "".join(f"        x{n % 7} = a[{n}] + n\n" for n in range(120))
    + "    else:\n        a = 0\n    return a\n",
    "jump to a prefix": "def f(a):\n    "
    + "; ".join(f"v{n} = {n}" for n in range(300))
    + "\n    while a:\n"
    + "        v280 = v290\n" * 90
    + "        a = v299\n    return a\n",
    "handlers": "def f(a):\n    try:\n"
    + "".join(f"        a = g{n}(a)\n" for n in range(300))
    + "    except KeyError as e:\n        a = e\n    finally:\n        a = g299(a)\n    return a\n",
}


def _function(source: str) -> types.CodeType:
    code = load(source)["f"].__code__
    assert isinstance(code, types.CodeType)
    return code


def _wide(code: types.CodeType) -> list[tuple[int, dis.Instruction]]:
    """(offset of the first EXTENDED_ARG, instruction) of each that has one."""
    return [
        (item.start_offset, item)
        for item in dis.get_instructions(code)
        if item.opname != "EXTENDED_ARG" and item.start_offset != item.offset
    ]


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
def test_instruction_stands_at_the_offset_behind_its_prefixes(source: str) -> None:
    code = _function(source)
    facts = CodeFacts(code)
    wide = _wide(code)
    assert wide
    for start, item in wide:
        assert facts.at[item.offset].op == item.opname
        assert facts.at[item.offset].arg == item.arg
        assert start not in facts.at


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
def test_depth_at_a_prefix_is_that_of_its_instruction(source: str) -> None:
    code = _function(source)
    facts = CodeFacts(code)
    for start, item in _wide(code):
        for offset in range(start, item.offset, 2):
            assert facts.depth(offset) == facts.depth(item.offset)


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
def test_targets_are_those_of_the_disassembler(source: str) -> None:
    code = _function(source)
    facts = CodeFacts(code)
    for item in dis.get_instructions(code):
        if item.opname != "EXTENDED_ARG" and item.jump_target is not None:
            assert facts.at[item.offset].target == item.jump_target


def test_a_jump_that_leads_to_a_prefix_carries_its_depth_on() -> None:
    code = _function(SOURCES["jump to a prefix"])
    facts = CodeFacts(code)
    starts = dict(_wide(code))
    jumps = [item for item in facts.at.values() if item.target in starts]
    assert jumps
    for jump in jumps:
        assert jump.target is not None
        behind = starts[jump.target].offset
        # The loops here keep nothing on the operand stack.
        assert facts.depth(jump.target) == facts.depth(behind) == 0


def test_depths_before_wide_instructions() -> None:
    code = _function(SOURCES["constants"])
    facts = CodeFacts(code)
    # A list is made and each constant appended to it; the last is an operand beside `a`.
    depths = [facts.depth(item.offset) for _, item in _wide(code) if item.opname == "LOAD_CONST"]
    assert depths == [1] * (len(depths) - 1) + [2]
