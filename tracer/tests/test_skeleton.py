"""Skeletons of functions, by which benchmarks are looked for."""

import textwrap
from typing import Any

from tracer.analyze import main


def analysed(source: str, asked: dict[str, Any], kind: str = "source") -> list[dict[str, Any]]:
    """The functions of one record as the analysis tells them."""
    record: dict[str, Any] = {
        **{"id": 0, "kind": kind, "source": textwrap.dedent(source), "module": None},
        **{"extract": False, "path": "", "entry": None, "inputs": [], "doctests": False},
    }
    limits = {"source_bytes_max": 20_000, "input_bytes_max": 2_000}
    [answer] = main({"v": 1, **limits, **asked, "records": [record]})["records"]
    return list(answer["functions"])


def skeletons(source: str, **fields: Any) -> list[tuple[str, int | None]]:
    """Skeleton and positional parameters of each function."""
    answered = analysed(source, {"skeletons": True}, **fields)
    return [(each["skeleton"], each["parameters"]) for each in answered]


def test_a_skeleton_has_no_names_layout_docstrings_or_annotations() -> None:
    plain = """
        def count(words, least=2):
            found = {}
            for word in words:
                found[word] = found.get(word, 0) + 1
            return [word for word, n in found.items() if n >= least]
        """
    other = '''
        @cached
        def tally(texts: list[str], minimum: int = 2) -> "list[str]":
            """Counts."""
            seen: dict[str, int] = {}  # none yet
            for text in texts:
              "each"
              seen[text] = (seen.get(text, 0)
                            + 1)
            return [text for text, times in seen.items() if times >= minimum]
        '''
    assert skeletons(plain) == skeletons(other)
    assert skeletons(plain)[0][1] == 2
    assert skeletons(plain) != skeletons(plain.replace("items()", "keys()"))
    assert skeletons(plain) != skeletons(plain.replace("0) + 1", "0) + 2"))


def test_a_skeleton_tells_builtins_from_names_that_hide_them() -> None:
    assert skeletons("def f(x): return sum(x)") != skeletons("def f(x): return max(x)")
    hidden = "def f(sum, x): return sum(x)"
    assert skeletons(hidden) == skeletons("def f(max, x): return max(x)")
    assert skeletons("def f(*args): pass")[0][1] is None
    assert skeletons("print(input())", kind="program")[0][1] is None
    assert "skeleton" not in analysed("def f(): pass", {})[0]
