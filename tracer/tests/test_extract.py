"""Extraction: every function that a file defines is a record of its own, or says why not."""

import ast
import textwrap
from pathlib import Path

import pytest
import test_analyze

from tracer.synthesis.extract import Extracted, Extraction

LIBRARY = Path("/usr/lib/python3.13")


def extract(source: str, module: str | None = None, package: str | None = None) -> list[Extracted]:
    text = textwrap.dedent(source)
    return Extraction(module, package, 20_000).of(text, ast.parse(text))


def slices(source: str) -> dict[str, str | None]:
    """The slice's text, or the reason."""
    found = extract(source)
    return {each.qualname: each.reject if each.slice is None else each.slice.text for each in found}


MODULE = '''\
"""A module."""

from __future__ import annotations

import json, math
import os.path as paths
from collections import OrderedDict, deque

LIMIT = 3  # a comment stays
TABLE = {}
TABLE["a"] = LIMIT
OTHER = deque()


def helper(x):
    return x + LIMIT


@staticmethod
def area(r):
    return math.pi * helper(r)


class Base:
    def one(self):
        return TABLE


class Stack(Base):
    def push(self, x):
        self.items = OrderedDict(x)
        return self

    class Inner:
        def deep(self):
            return 1


if __name__ == "__main__":
    print(area(2))
'''


def test_a_slice_holds_what_the_function_needs_in_the_order_of_the_file() -> None:
    found = slices(MODULE)
    assert list(found) == ["helper", "area", "Base.one", "Stack.push", "Stack.Inner.deep"]
    assert found["area"] == (
        "from __future__ import annotations\n"
        "import math\n"
        "LIMIT = 3  # a comment stays\n\n\n"
        "def helper(x):\n    return x + LIMIT\n\n\n"
        "@staticmethod\ndef area(r):\n    return math.pi * helper(r)\n"
    )
    stack = found["Stack.push"]
    assert stack is not None
    assert "class Base" in stack and "TABLE['a']" not in stack and 'TABLE["a"] = LIMIT' in stack
    assert "OTHER" not in stack and "import json" not in stack


def test_the_lines_of_a_function_are_those_of_its_own_text() -> None:
    for each in extract(MODULE):
        assert each.slice is not None
        lines = each.slice.text.split("\n")[each.slice.line_start - 1 : each.slice.line_end]
        assert f"def {each.node.name}" in "\n".join(lines)
        assert ast.unparse(ast.parse(textwrap.dedent("\n".join(lines)))) == ast.unparse(each.node)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def f(): ...", "empty-body"),
        ("def f():\n    raise NotImplementedError", "empty-body"),
        ("def f():\n    return 1\ndef f():\n    return 2", "defined-again"),
        ("def f():\n    return 1\nf = 3", "name-rebound"),
        ("def f():\n    return unknown", "name-unbound"),
        ("import nowhere_at_all\ndef f():\n    return nowhere_at_all.g()", "needs-package"),
        ("from . import g\ndef f():\n    return g()", "needs-package"),
        ("def f():\n    from .x import g\n    return g()", "needs-package"),
        ("import abc\nclass A:\n @abc.abstractmethod\n def f(self): x = 1", "abstract-method"),
        ("from typing import overload\n@overload\ndef f(x):\n    x()", "overload-stub"),
        ("def f():\n    x = '" + "y" * 20_000 + "'\n    return x", "slice-too-long"),
    ],
)
def test_what_is_no_record_says_why(source: str, reason: str) -> None:
    assert extract(source)[0].reject == reason


def test_a_nested_function_is_taken_out_where_it_uses_nothing_of_what_is_around_it() -> None:
    found = slices(
        """
        import math
        def outer(n):
            def free(x):
                return math.sqrt(x)
            def bound(x):
                return x + n
            class Local:
                def method(self):
                    return 1
            return free(n), bound(n), Local()
        """
    )
    assert found["outer.<locals>.free"] == (
        "import math\n\n\ndef free(x):\n    return math.sqrt(x)\n"
    )
    assert found["outer.<locals>.bound"] == "nested-closure"
    assert found["outer.<locals>.Local.method"] == "nested-closure"


def test_imports_that_may_fail_do_not_reject() -> None:
    found = slices(
        """
        try:
            import nowhere_at_all
        except ImportError:
            nowhere_at_all = None
        def f():
            return nowhere_at_all
        """
    )
    assert found["f"] is not None and "except ImportError" in found["f"]


def test_a_slice_does_not_take_the_way_that_is_there_for_a_missing_package() -> None:
    text = """
try:
    from .typeutils import mark
except ImportError:
    mark = object()
def f():
    return mark
"""
    [inside] = extract(text, "pkg.mod", "pkg")
    assert inside.is_import
    [unknown] = extract(text, None, None)
    assert unknown.slice is not None


def test_what_needs_its_own_package_is_named_in_the_image_instead() -> None:
    text = (LIBRARY / "json/decoder.py").read_text()
    found = extract(text, "json.decoder", "json")
    decode = next(each for each in found if each.qualname == "JSONDecoder.decode")
    assert decode.is_import and decode.reject is None
    assert all(
        each.reject == "needs-package"
        for each in extract(text, None, "json")
        if not (each.slice or each.reject in {"empty-body", "name-rebound"})
    )


def test_every_slice_of_a_library_module_compiles_and_loads_its_function() -> None:
    for name in ("textwrap", "bisect", "heapq", "fnmatch", "shlex", "string", "statistics"):
        text = (LIBRARY / f"{name}.py").read_text()
        for each in extract(text, name):
            if each.slice is None:
                continue
            namespace: dict[str, object] = {"__name__": "record"}
            exec(compile(each.slice.text, "<record>", "exec", dont_inherit=True), namespace)
            entry = namespace[each.slice.entry.partition(".")[0]]
            assert callable(entry), (name, each.qualname)


def test_a_record_answers_for_each_of_its_functions() -> None:
    text = (LIBRARY / "textwrap.py").read_text()
    [answer] = test_analyze.analyze(test_analyze.record(text, extract=True, module="textwrap"))
    assert answer["reject"] is None
    rows = {each["qualname"]: each for each in answer["functions"]}
    assert rows["dedent"]["kind"] == "source" and rows["dedent"]["original"] == "textwrap"
    other = test_analyze.record(text + "\n", extract=True, module="textwrap")
    [changed] = test_analyze.analyze(other)
    assert all(each["original"] is None for each in changed["functions"])


def test_an_input_that_imports_its_own_function_calls_the_record() -> None:
    source = '''
    def double(x):
        """
        >>> from pkg import double, other
        >>> double(other(2))
        """
        return x * 2
    '''
    [answer] = test_analyze.analyze(test_analyze.record(source, extract=True))
    [function] = answer["functions"]
    assert [each["setup"] for each in function["inputs"]] == ["from pkg import other"]
