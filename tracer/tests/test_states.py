"""States rebuilt from events equal what a second run under sys.settrace saw at every line."""

import naive
import pytest
from replay import Replay
from support import Traced, load, trace_call

NESTED = """
def run(words):
    table = {}
    for word in words:
        for at, letter in enumerate(word):
            table.setdefault(letter, []).append(at)
            if len(table[letter]) > 2:
                table[letter] = table[letter][-1:]
    return {k: tuple(v) for k, v in sorted(table.items())}
"""
MATRIX = """
def run(words):
    size = len(words)
    rows = [[0] * size for _ in range(size)]
    for i in range(size):
        for j in range(size):
            rows[i][j] = rows[i - 1][j] + j if i else j
    rows.reverse()
    rows[0], rows[-1] = rows[-1], rows[0]
    flat = [cell for row in rows for cell in row if cell % 2]
    del rows[1:]
    return flat, rows
"""
OBJECTS = """
class Node:
    def __init__(self, value, parent=None):
        self.value = value
        self.children = []
        if parent is not None:
            parent.children.append(self)

def depth(node):
    return 1 + max([depth(child) for child in node.children], default=0)

def run(words):
    root = Node("root")
    last = root
    for word in words:
        last = Node(word, last if len(word) > 1 else root)
        last.size = len(word)
    swap = root.children
    root.children = []
    swap.append(root)
    return depth(swap[0])
"""
STRINGS = """
def run(words):
    text = ""
    seen = set()
    for word in words:
        text += word
        seen |= set(word)
        parts = text.partition(word[0])
        text = parts[2] or text.upper()
    while text and text[-1] in seen: text = text[:-1]
    left, *middle, right = list("abc")
    return text, left, middle, right
"""
FAILING = """
def check(value):
    if value == "xx":
        raise ValueError([value])
    return value

def run(words):
    done = []
    for word in words:
        try:
            done.append(check(word))
        except ValueError as error:
            kept = error.args[0]
            kept.append(len(done))
        finally:
            done.append(None)
    return done
"""
PROGRAMS = {
    "nested loops over a dict of lists": NESTED,
    "a matrix with rows that swap": MATRIX,
    "a tree of instances": OBJECTS,
    "strings, sets and unpacking": STRINGS,
}
WORDS = ["abc", "b", "xx", "cabbac"]


def _shown(replay: Replay, frame: int) -> dict[str, str]:
    """Names as a debugger shows them: a comprehension's variable hides the function's."""
    names = dict(replay.frames[frame])
    for name in list(names):
        if name.startswith("<comp>."):
            names[name.removeprefix("<comp>.")] = names.pop(name)
    return {name: replay.text(value) for name, value in names.items()}


def _states(traced: Traced) -> list[tuple[object, dict[str, str]]]:
    replay = Replay()
    found = []
    for event in traced.events:
        replay.step(event)
        if event["kind"] == "line":
            found.append((event["line"], _shown(replay, int(str(event["frame"])))))
    return found


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS)
def test_states_equal_what_settrace_saw(source: str) -> None:
    namespace, other = load(source), load(source)
    traced = trace_call(namespace, lambda: namespace["run"](list(WORDS)))
    seen = naive.snapshots(lambda: other["run"](list(WORDS)))
    assert _states(traced) == [(line, names) for line, _, names in seen]


def test_lines_equal_those_of_settrace_where_exceptions_pass() -> None:
    namespace, other = load(FAILING), load(FAILING)
    traced = trace_call(namespace, lambda: namespace["run"](list(WORDS)))
    seen = naive.snapshots(lambda: other["run"](list(WORDS)))
    assert traced.lines() == [line for line, _, _ in seen]
