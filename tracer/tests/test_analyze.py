"""The analysis of records: what is found, which inputs it has, and what is rejected."""

import sys
import textwrap
from typing import Any

import pytest

from tracer.analyze import main


def record(source: str = "", **fields: Any) -> dict[str, Any]:
    """A record of kind source unless `fields` say otherwise; `calls` are given without setup."""
    calls = fields.pop("calls", [])
    inputs = [{"setup": "", "call": call, "stdin": ""} for call in calls]
    base = {
        **{"kind": "source", "module": None, "extract": False, "path": ""},
        **{"entry": None, "inputs": inputs, "doctests": True},
    }
    return {"id": 0, "source": textwrap.dedent(source), **base, **fields}


def analyze(*records: dict[str, Any]) -> list[dict[str, Any]]:
    numbered = [{**each, "id": index} for index, each in enumerate(records)]
    limits = {"source_bytes_max": 20_000, "input_bytes_max": 2_000}
    answer = main({"v": 1, **limits, "records": numbered})
    assert [each["id"] for each in answer["records"]] == list(range(len(records)))
    return list(answer["records"])


def functions(source: str, **fields: Any) -> list[dict[str, Any]]:
    [answer] = analyze(record(source, **fields))
    assert answer["reject"] is None
    return list(answer["functions"])


def inputs(source: str, **fields: Any) -> list[tuple[str, str]]:
    [function] = functions(source, **fields)
    return [(each["setup"], each["call"]) for each in function["inputs"]]


def reject(source: str, **fields: Any) -> str | None:
    [answer] = analyze(record(source, **fields))
    reason: str | None = answer["reject"]
    assert (reason is None) == bool(answer["functions"])
    return reason


@pytest.mark.parametrize(
    ("source", "entry", "reason"),
    [
        ("print 'two'", None, "syntax-error"),
        ("def f(:", "f", "syntax-error"),
        ("return 1", None, "syntax-error"),
        ("x = '\0'", None, "syntax-error"),
        ("x = " + "(" * 5_000 + ")" * 5_000, None, "syntax-error"),
        ("x = " + "-" * 15_000 + "1", None, "syntax-error"),
        ("#" * 20_001, None, "source-too-long"),
        ("x = 1", None, "no-functions"),
        ("def f(): pass", "g", "entry-missing"),
        ("def f(): pass", "f.g", "entry-missing"),
        ("class C: pass", "C", "entry-not-function"),
        ("f = 3", "f", "entry-not-function"),
        ("def f(): pass\nfrom _f import f", "f", "entry-not-function"),
        ("def f():\n  def g(): pass", "f.<locals>.g", "entry-missing"),
    ],
)
def test_a_record_without_a_function_says_why(source: str, entry: str | None, reason: str) -> None:
    assert reject(source, entry=entry) == reason


def test_a_record_that_is_rejected_spoils_no_other() -> None:
    answers = analyze(record("def f(:"), record("def f(): pass"), record("x = 1"))
    assert [each["reject"] for each in answers] == ["syntax-error", None, "no-functions"]


def test_a_long_sum_is_honest_code() -> None:
    assert reject("def f(): return " + "+".join(["1"] * 3_000)) is None


def test_the_last_definition_of_a_name_counts() -> None:
    [function] = functions("def f(): return 1\n\n@wraps\n\ndef f():\n  return 2\n", entry="f")
    assert (function["line_start"], function["line_end"]) == (3, 6)


def test_a_function_that_is_wrapped_afterwards_is_still_the_entry() -> None:
    assert reject("def f(): pass\nf = wrap(f)", entry="f") is None


def test_definitions_under_conditions_are_found() -> None:
    source = """
        try:
            from fast import f
        except ImportError:
            def f(): pass
        if True:
            class C:
                def m(self): pass
    """
    assert [each["qualname"] for each in functions(source)] == ["f", "C.m"]


def test_calls_without_an_entry_belong_to_the_function_that_they_name() -> None:
    source = "def f(x): pass\ndef g(x): pass\n"
    found = functions(source, calls=["g(1)", "f(2)", "g(3)"])
    calls = {each["entry"]: [one["call"] for one in each["inputs"]] for each in found}
    assert calls == {"f": ["f(2)"], "g": ["g(1)", "g(3)"]}
    assert reject(source, calls=["h(1)"]) == "entry-missing"


@pytest.mark.parametrize(
    ("setup", "call", "reason"),
    [
        ("", "f(1)", None),
        ("", " f(\n  1,\n) ", None),
        ("x = [1]; y: int = 2; x += [y]\nimport math\ndel y\npass\nassert x", "f(x)", None),
        ("key = lambda v: -v", "f([v for v in range(3)], key=key)", None),
        ("x.y[0] = f(1)", "x.m()", None),
        ("", "f", "input-form-not-allowed"),
        ("", "f(1) + 1", "input-form-not-allowed"),
        ("", "[f(1)]", "input-form-not-allowed"),
        ("", "f(1); f(2)", "input-syntax-error"),
        ("", "x = f(1)", "input-syntax-error"),
        ("", "", "input-syntax-error"),
        ("", "f(a=1, a=2)", "input-syntax-error"),
        ("", "f(await x)", "input-syntax-error"),
        ("x = ", "f(x)", "input-syntax-error"),
        ("for x in y: pass", "f()", "input-form-not-allowed"),
        ("def g(): pass", "f(g)", "input-form-not-allowed"),
        ("if x: y = 1", "f(x)", "input-form-not-allowed"),
        ("with x: pass", "f()", "input-form-not-allowed"),
        ("from math import *", "f()", "input-form-not-allowed"),
        ("from __future__ import annotations", "f()", "input-form-not-allowed"),
        ("", "f('" + "x" * 2_000 + "')", "input-form-not-allowed"),
        ("", "f(" + "(" * 300 + ")" * 300 + ")", "input-syntax-error"),
    ],
)
def test_an_input_has_the_form_of_straight_lines_and_one_call(
    setup: str, call: str, reason: str | None
) -> None:
    given = [{"setup": setup, "call": call, "stdin": ""}]
    [function] = functions("def f(*a, **k): pass", entry="f", inputs=given)
    [found] = function["inputs"]
    assert found["reject"] == reason
    assert (found["canonical_call"] is None) == (reason is not None)


def test_layout_is_no_part_of_the_canonical_form() -> None:
    given = [{"setup": "x=1 # one", "call": "f( x,'a' )", "stdin": ""}]
    [function] = functions("def f(*a): pass", entry="f", inputs=given)
    [found] = function["inputs"]
    assert (found["setup"], found["call"]) == ("x=1 # one", "f( x,'a' )")
    assert (found["canonical_setup"], found["canonical_call"]) == ("x = 1", "f(x, 'a')")


def test_examples_of_a_docstring_are_inputs_with_what_they_need() -> None:
    source = '''
        def f(x, y=0):
            """An example.

            >>> import math
            >>> unused = 5
            >>> data = [3, 1]
            >>> data.append(2)
            >>> f(data)
            [1, 2, 3]
            >>> round(f(math.pi,
            ...         y=1), 2)
            3.14
            >>> z = f(1)
            >>> f(2)  # doctest: +SKIP
            >>> for i in f(3): print(i)
            >>> broken (
            >>> [f(i) for i in range(3)]
            """
    '''
    assert inputs(source) == [
        ("data = [3, 1]\ndata.append(2)", "f(data)"),
        ("import math", "f(math.pi,\n        y=1)"),
        ("", "f(1)"),
    ]


def test_a_call_made_for_its_effect_is_part_of_what_follows() -> None:
    source = '''
        def put(tree, key):
            """
            >>> tree = {}
            >>> put(tree, 1)
            >>> len(tree)
            1
            >>> put(tree, 2)
            """
    '''
    assert inputs(source) == [
        ("tree = {}", "put(tree, 1)"),
        ("tree = {}\nput(tree, 1)", "put(tree, 2)"),
    ]


def test_a_generator_is_called_by_who_consumes_it() -> None:
    source = '''
        def count(n):
            """
            >>> list(count(3))
            [0, 1, 2]
            >>> lazy = count(4)
            """
            yield from range(n)
    '''
    assert inputs(source) == [("", "list(count(3))")]


def test_examples_of_a_method_may_stand_in_its_class() -> None:
    source = '''
        class Stack:
            """
            >>> s = Stack()
            >>> other = []
            >>> s.push(1)
            >>> other.push(2)
            >>> Stack().push(3)
            """
            def push(self, item): pass
    '''
    assert inputs(source) == [("s = Stack()", "s.push(1)"), ("", "Stack().push(3)")]
    source = source.replace("def push(self, item)", "def __init__(self)")
    assert inputs(source) == [("", "Stack()"), ("", "Stack()")]


def test_an_example_that_needs_a_loop_is_an_input_that_is_dropped() -> None:
    source = '''
        def f(x):
            """
            >>> total = 0
            >>> for i in range(3):
            ...     total += i
            >>> f(total)
            """
    '''
    [function] = functions(source)
    assert [each["reject"] for each in function["inputs"]] == ["input-form-not-allowed"]


def test_docstrings_are_left_alone_where_the_corpus_says_so() -> None:
    source = 'def f():\n    """\n    >>> f()\n    """\n'
    assert inputs(source, doctests=False) == []


def test_a_function_of_the_library_is_found_without_running_it() -> None:
    before = set(sys.modules)
    [answer] = analyze(record(kind="import", module="this", entry="f", calls=[]))
    assert answer["reject"] == "entry-missing"
    assert "this" not in set(sys.modules) - before
    fields = {"kind": "import", "module": "json.decoder", "entry": "JSONDecoder.decode"}
    [answer] = analyze(record(**fields, calls=["JSONDecoder().decode('[]')"]))
    [function] = answer["functions"]
    assert function["entry"] == "json.decoder:JSONDecoder.decode"
    assert answer["module"]["path"] == "json/decoder.py"
    lines = answer["module"]["text"].split("\n")
    assert lines[function["line_start"] - 1].strip().startswith("def decode(")


@pytest.mark.parametrize(
    ("module", "entry", "reason"),
    [
        ("no_such_module", "f", "module-missing"),
        ("json.no_such", "f", "module-missing"),
        ("statistics.mean", "f", "module-missing"),
        ("", "f", "module-missing"),
        ("..", "f", "module-missing"),
        ("json/decoder", "f", "module-missing"),
        ("sys", "exit", "entry-not-function"),
        ("statistics", "no_such", "entry-missing"),
    ],
)
def test_an_import_that_gives_no_function_says_why(module: str, entry: str, reason: str) -> None:
    assert reject("", kind="import", module=module, entry=entry) == reason


def test_a_package_is_called_by_its_init_file() -> None:
    [answer] = analyze(record(kind="import", module="json", entry="loads"))
    assert answer["module"]["path"] == "json/__init__.py"


def test_a_program_has_one_input_for_each_stdin() -> None:
    given = [{"setup": "", "call": "", "stdin": text} for text in ("a\n", "")]
    [function] = functions("print(input())\n", kind="program", inputs=given)
    assert (function["entry"], function["qualname"], function["line_end"]) == ("", None, 1)
    assert [each["stdin"] for each in function["inputs"]] == ["a\n", ""]


def tree(source: str, entry: str = "f") -> str:
    [function] = functions(source, entry=entry)
    return str(function["tree"])


SAME = [
    ("def f(a, b): return a + b", 'def f(x, y):\n    """Doc."""\n    return x + y  # sum'),
    ("def h(x): return x\ndef f(x): return h(x)", "def g(y): return y\ndef f(y): return g(y)"),
    ("def f(xs): return [x for x in xs]", "def f(a): return [b for b in a]"),
    (
        "def f():\n  try: g()\n  except E as e: raise e",
        "def f():\n  try: g()\n  except E as x: raise x",
    ),
]
DIFFERENT = [
    ("def f(a, b): return a - b", "def f(a, b): return b - a"),
    ("def f(s): return len(s)", "def f(s): return sum(s)"),
    ("def f(s): return s.upper()", "def f(s): return s.lower()"),
    ("def f(a): return g(a=1)", "def f(a): return g(b=1)"),
    ("import math\ndef f(): return math.e", "import cmath\ndef f(): return cmath.e"),
    ("def f(a): return locals()", "def f(b): return locals()"),
    ("def f(a): return eval('a')", "def f(b): return eval('a')"),
    ("def g():\n  len = 3\ndef f(s): return len(s)", "def g():\n  x = 3\ndef f(s): return x(s)"),
    ("def f(v=1): return v", "def f(v=True): return v"),
    ("class C:\n  x = 1\ndef f(): return C.x", "class C:\n  y = 1\ndef f(): return C.x"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_functions_that_differ_in_names_and_layout_have_one_tree(one: str, other: str) -> None:
    assert tree(one) == tree(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_functions_that_may_do_different_things_have_different_trees(one: str, other: str) -> None:
    assert tree(one) != tree(other)


def test_two_entries_of_one_text_have_different_trees() -> None:
    source = "def f(): return 1\ndef g(): return 1\n"
    assert tree(source, "f") != tree(source, "g")


@pytest.mark.parametrize(
    ("body", "depth"),
    [
        ("return 1", 0),
        ("for x in y: pass", 1),
        ("for x in y:\n  while x: pass", 2),
        ("for x in y:\n  if x:\n    with z:\n      for w in x:\n        while w: pass", 3),
        ("for x in y: pass\nelse:\n  for w in y: pass", 1),
        ("for x in y: z = [w for w in x for v in w]", 1),
        ("for x in y:\n  def g():\n    for w in x: pass", 1),
        ("for x in y:\n  f = lambda: [z for z in x]", 1),
        ("try:\n  while a: pass\nfinally:\n  while b:\n    while c: pass", 2),
    ],
)
def test_loops_are_as_deep_as_they_stand_in_one_another(body: str, depth: int) -> None:
    [function] = functions("def f(y):\n" + textwrap.indent(body, "  "))
    assert function["loop_depth"] == depth


def test_assertions_give_calls_of_the_function_that_the_first_of_them_calls() -> None:
    source = "def helper(x): return x\ndef f(x): return helper(x)\n"
    tests = ["assert len(f([1, 2])) == 2", "assert f(f(3)) == 3", "assert helper(1)", "assert f("]
    [function] = functions(source, tests=tests, tests_setup="x = 1")
    assert function["entry"] == "f"
    assert [(each["call"], each["reject"]) for each in function["inputs"]] == [
        ("f([1, 2])", None),
        ("f(f(3))", None),
        ("assert helper(1)", "input-form-not-allowed"),
        ("assert f(", "input-syntax-error"),
    ]
    assert reject(source, tests=["assert 1"], tests_setup="") == "entry-missing"
    [without] = functions(source, tests=tests, tests_setup=None)
    assert without["inputs"] == []


def test_the_library_is_listed_without_its_tests() -> None:
    answer = main({"v": 1, "library": ["json*", "colorsys"]})
    names = [each["module"] for each in answer["modules"]]
    assert names == [
        "colorsys",
        "json",
        "json.decoder",
        "json.encoder",
        "json.scanner",
        "json.tool",
    ]
    everything = main({"v": 1, "library": ["*"]})["modules"]
    assert len(everything) > 300
    assert not any("test" in each["module"].split(".") for each in everything)
    assert [each["module"] for each in everything] == sorted(each["module"] for each in everything)


def test_a_whole_module_of_the_image_is_each_of_its_functions() -> None:
    [answer] = analyze(record(kind="import", module="colorsys", entry=None, extract=True, path=""))
    assert [each["qualname"] for each in answer["functions"]][:2] == ["rgb_to_yiq", "yiq_to_rgb"]
    assert answer["module"]["path"] == "colorsys.py"


def test_a_program_has_every_field_that_a_function_has() -> None:
    given = [{"setup": "", "call": "", "stdin": "1\n"}]
    [program] = functions("for x in y:\n  for z in x: pass\n", kind="program", inputs=given)
    assert program.keys() == functions("def f(): pass")[0].keys()
    assert program["loop_depth"] == 2
