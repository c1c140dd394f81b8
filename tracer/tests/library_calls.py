"""Invocations of functions of the standard library: its own examples, and those of a table."""

import ast
import doctest
import importlib
import itertools
import random
import tomllib
import types
from collections.abc import Iterator
from pathlib import Path

from parity import Case

LIBRARY = tomllib.loads((Path(__file__).parent / "library.toml").read_text(encoding="utf-8"))
WANTED = 2_000
# Of one docstring, so that no module with a long one outweighs the rest.
EXAMPLES_EACH = 25


def _module(name: str) -> types.ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _is_a_call(example: doctest.Example) -> bool:
    try:
        body = ast.parse(example.source).body
    except SyntaxError:
        return False
    return len(body) == 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Call)


_SESSION = """\
import contextlib, importlib, io
m = importlib.import_module({module!r})
globals().update({{k: v for k, v in vars(m).items() if k[:2] != "__"}})
for _text in {before!r}:
    with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
        exec(compile(_text, "<example>", "exec"), globals())
def run():
    return ({call}
    )
"""
_TABLED = """\
import importlib
m = importlib.import_module({module!r})
def run():
    return m.{call}
"""


def _docstrings(module: types.ModuleType) -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    try:
        found = finder.find(module)
    except (TypeError, ValueError):
        return []
    return sorted(found, key=lambda one: one.name)


def _examples(name: str) -> Iterator[Case]:
    module = _module(name)
    for docstring in _docstrings(module) if module is not None else ():
        before: list[str] = []
        count = 0
        for example in docstring.examples:
            if _is_a_call(example) and count < EXAMPLES_EACH:
                text = _SESSION.format(module=name, before=before, call=example.source.strip())
                yield Case(f"{docstring.name} {count}", text, module=name)
                count += 1
            before = [*before, example.source]


def _tabled(module: str, line: str) -> Iterator[Case]:
    """What the line says with every choice of values, in an order of its own."""
    words = line.split(" ")
    # An expression before the dot may have spaces.
    while len(words) > 1 and words[-1] in LIBRARY["values"]:
        words.pop()
    function, kinds = " ".join(words), line.split(" ")[len(words) :]
    choices = list(itertools.product(*(LIBRARY["values"][kind] for kind in kinds)))
    random.Random(line).shuffle(choices)
    for number, values in enumerate(choices):
        call = f"{function}({', '.join(values)})"
        text = _TABLED.format(module=module, call=call)
        yield Case(f"{module}.{function} {number}", text, module=module)


def invocations() -> list[Case]:
    """The same each time: all examples, and of each function as many as make up the rest."""
    found = [one for name in LIBRARY["examples"] for one in _examples(name)]
    lines = [
        _tabled(module, line)
        for module, functions in LIBRARY["functions"].items()
        if _module(module) is not None
        for line in functions
    ]
    while lines and len(found) < WANTED:
        taken = [next(line, None) for line in lines]
        lines = [line for line, one in zip(lines, taken, strict=True) if one is not None]
        found += [one for one in taken if one is not None]
    return found[:WANTED]
