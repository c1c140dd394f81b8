"""Kept inputs in fresh forks: what is stateful, what a slice and its module show, and mutants."""

from pathlib import Path
from typing import Any

from test_probe import CLASSIFY, Json, found

LIBRARY = Path("/usr/lib/python3.13")


def test_what_depends_on_earlier_calls_is_stateful() -> None:
    source = """
    def f(n: int, seen=[]):
        seen.append(n)
        if len(seen) > 5:
            return "many"
        return "few"
    """
    labels = [each["labels"] for each in found(source, "f")["inputs"]]
    assert ["stateful"] in labels


def labels_of(answer: Json) -> list[list[str]]:
    return [each["labels"] for each in answer["inputs"]]


def test_state_in_a_module_of_the_library_is_state_too() -> None:
    source = """
    import string
    def f(n: int):
        string.calls = getattr(string, "calls", 0) + 1
        return "many" if string.calls > 5 else "few"
    """
    assert ["stateful"] in labels_of(found(source, "f"))


def of_library(entry: str, **fields: Any) -> Json:
    source = (LIBRARY / f"{entry.partition(':')[0]}.py").read_text()
    return found(source, entry, kind="import", **fields)


def test_functions_of_kind_import_are_stateful_where_their_module_is() -> None:
    given = [
        {"setup": "", "call": f"_newname('{name}-%d')", "origin": "given"} for name in ("a", "b")
    ]
    answer = of_library("threading:_newname", inputs=given, fuzz={"candidates": 0})
    assert labels_of(answer) == [[], ["stateful"]]


def test_what_ends_a_fresh_process_is_stateful_and_the_answer_comes_all_the_same() -> None:
    source = """
    import os
    calls = []
    def warm(n: int):
        calls.append(n)
    def f(n: int):
        return n if calls else os._exit(3)
    """
    given = [
        {"setup": "warm(1)", "call": "f(1)", "origin": "given"},
        {"setup": "", "call": "f(2)", "origin": "given"},
    ]
    answer = found(source, "f", inputs=given, fuzz={"candidates": 0}, mutants=3)
    assert labels_of(answer) == [[], ["stateful"]]
    assert answer["mutants"]["made"] > 0


def test_descriptors_have_the_same_numbers_in_a_fresh_process() -> None:
    source = """
    import os
    def f(n: int):
        fd = os.dup(0)
        os.close(fd)
        return fd
    """
    assert set(map(tuple, labels_of(found(source, "f")))) == {()}


def test_first_calls_that_take_more_fuel_are_the_same_result() -> None:
    source = """
    import functools
    @functools.cache
    def table():
        return sum(i for i in range(15_000))
    def f(n: int):
        return table() + n
    """
    given = [{"setup": "", "call": f"f({n})", "origin": "given"} for n in range(3)]
    answer = found(source, "f", inputs=given, fuzz={"candidates": 0, "fuel": 20_000})
    assert labels_of(answer) == [[]] * 3


def test_a_slice_is_compared_with_the_module_that_it_was_taken_from() -> None:
    source = "def leapdays(y1, y2):\n    y1 -= 1\n    y2 -= 1\n"
    right = source + "    return (y2//4 - y1//4) - (y2//100 - y1//100) + (y2//400 - y1//400)\n"
    wrong = right.replace("400", "401")
    answer = found(right, "leapdays", original="calendar")
    assert {each["slice_verified"] for each in answer["inputs"]} == {True}
    inputs = [{"setup": "", "call": "leapdays(0, 4001)", "origin": "given"}]
    answer = found(wrong, "leapdays", original="calendar", inputs=inputs)
    assert False in {each["slice_verified"] for each in answer["inputs"]}


def test_mutants_are_told_apart_by_the_kept_inputs() -> None:
    mutants = found(CLASSIFY, "classify", mutants=20)["mutants"]
    assert mutants["made"] >= 5
    assert mutants["killed"] >= 0.6 * mutants["made"]
    inputs = [{"setup": "", "call": "classify('')", "origin": "given"}]
    few = found(CLASSIFY, "classify", mutants=20, inputs=inputs, fuzz={"candidates": 0})["mutants"]
    assert few["killed"] < mutants["killed"]


def test_mutants_of_kind_import_are_changes_of_the_live_function() -> None:
    mutants = of_library("calendar:leapdays", mutants=20)["mutants"]
    assert mutants["made"] >= 10
    assert mutants["killed"] >= 0.6 * mutants["made"]
    given = [{"setup": "", "call": "leapdays(1, 1)", "origin": "given"}]
    few = of_library("calendar:leapdays", mutants=20, inputs=given, fuzz={"candidates": 0})
    assert few["mutants"]["made"] == mutants["made"]
    assert few["mutants"]["killed"] < mutants["killed"]
    decorated = of_library("fnmatch:_compile_pattern", mutants=4, fuzz={"candidates": 20})
    assert decorated["mutants"]["killed"] > 0


def test_a_mutant_that_never_ends_or_spoils_its_process_is_told_by_that() -> None:
    source = """
    import os, threading
    def f(n: int):
        if not n < 1_000_000:
            threading.Event().wait()
        if not n < 2_000_000:
            os._exit(3)
        return 1
    """
    given = [{"setup": "", "call": "f(1)", "origin": "given"}]
    mutants = found(source, "f", inputs=given, fuzz={"candidates": 0}, mutants=20)["mutants"]
    # Two conditions, the value and that there is one: all else changes nothing for 1.
    assert mutants == {"made": 9, "killed": 4}


def test_classes_of_the_library_are_compared_with_those_of_a_slice_by_what_they_hold() -> None:
    source = (LIBRARY / "uuid.py").read_text()
    given = [{"setup": "", "call": "UUID.fields.fget(UUID(int=5))", "origin": "given"}]
    fields: Json = {"original": "uuid", "inputs": given, "fuzz": {"candidates": 0}}
    [one] = found(source, "UUID.fields", **fields)["inputs"]
    assert (one["slice_verified"], one["slice_differs"]) == (True, None)
