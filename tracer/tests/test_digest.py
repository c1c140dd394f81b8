"""What stands for the cut part of a container: the examples of docs/trace-format.md §5."""

from typing import Any

from parity import Case, run

from tracer.decode import decode
from tracer.shapes import fnv, mix, word_at

# Where the limits keep 1,000 items, `list(range(1003))` leaves three to the digest.
LIST = "def run():\n    xs = list(range(1003))\n    return xs\n"


def test_the_words_are_those_of_the_documented_examples() -> None:
    text = fnv("'a'")
    found = [mix(0), text, word_at(1000, 5), word_at(1000, 2**64 - 1), word_at(1000, text)]
    found += [mix(5), word_at(text, 5), word_at(text, fnv("<list>"))]
    assert [f"{word:016x}" for word in found] == [
        "e220a8397b1dcdaf",
        "a8de4417bf44d6a6",
        "4126623820857090",
        "56213e840cae07ba",
        "1bff87d8b083a00b",
        "63033b0ca389c35a",
        "2f549c971d2f27d0",
        "58437b7383f6fa0a",
    ]


def test_both_backends_give_the_documented_rest_of_a_list() -> None:
    for backend in ("reference", "core"):
        events: list[dict[str, Any]] = decode(run(Case("list", LIST), backend).stream).events
        heaps = [entry for event in events for entry in event.get("heap", {}).values()]
        found = [entry["rest"] for entry in heaps if "rest" in entry]
        assert found == ["4db9a47c126267d4"]
