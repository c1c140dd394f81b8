"""The reader's states are those of the TypeScript side, by digest, and can be asked for values."""

import hashlib
import json

import pytest
from golden import GOLDEN, NAMES, row

from tracemill_reader import State, Trace, dynamic_text

DIGESTS: dict[str, str] = json.loads((GOLDEN / "dynamic-states.json").read_text())


def test_each_golden_program_has_a_digest() -> None:
    assert sorted(DIGESTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_states_are_those_of_the_other_side(name: str) -> None:
    text = dynamic_text(Trace.from_row(row(name)))
    assert hashlib.sha256(text.encode()).hexdigest() == DIGESTS[name]


@pytest.mark.parametrize("name", ["nested_loops", "corner_generators", "corner_exceptions"])
def test_one_state_is_that_of_all(name: str) -> None:
    trace = Trace.from_row(row(name))
    for step, state in enumerate(trace.states()):
        assert trace.state_at(step) == state
    assert trace.state_at(-1).step == len(trace.events) - 1


def _last_local(name: str, local: str) -> tuple[State, object]:
    states = [state for state in Trace.from_row(row(name)).states() if local in state.locals]
    state = states[-1]
    return state, state.value(state.locals[local])


def test_values_are_python_values() -> None:
    assert _last_local("cwm_comprehension", "ys")[1] == [2, 4]
    assert _last_local("cwm_mutation", "a")[1] == [1, 2]
    state, _ = _last_local("cwm_loop", "t")
    assert state.value("(1, ('a', b'x'), None, 0x10)") == (1, ("a", b"x"), None, 16)
    assert state.value("complex(float('inf'), 1.0)") == complex(float("inf"), 1)
    assert str(state.value("-float('inf')")) == "-inf"


def test_a_value_that_is_not_whole_is_refused() -> None:
    state = Trace.from_row(row("cwm_loop")).state_at(0)
    with pytest.raises(ValueError, match="no whole value"):
        state.value({"type": "str", "head": "'a", "len": 9, "sha256": ""})
    with pytest.raises(ValueError, match="cut, unknown"):
        state.value("@999")


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ("[", "is no JSON text"),
        (7, "is no JSON text"),
        ("{}", "is no list"),
        ("[1]", "event 0 has no kind"),
        ('[{"kind":"line","frame":"1","depth":1,"line":1}]', "event 0 has no kind"),
    ],
)
def test_a_row_with_other_events_is_refused_by_name(events: object, why: str) -> None:
    with pytest.raises(ValueError, match=f"row r1.*{why}"):
        Trace.from_row({"id": "r1", "source": "", "events": events})


def test_an_event_that_no_tracer_writes_is_refused_with_its_place() -> None:
    changed = json.loads(str(row("cwm_mutation")["events"]))
    changed[2]["heap"] = {"x": [["append", "1"]]}
    trace = Trace.from_row({"id": "r1", "source": "", "events": json.dumps(changed)})
    for read in (lambda: list(trace.states()), lambda: trace.state_at(2), trace.call_tree):
        with pytest.raises(ValueError, match="row r1: event 2 is not one that a tracer writes"):
            read()


def test_rows_without_events_have_no_states() -> None:
    for events in (None, "", "[]"):
        trace = Trace.from_row({"id": "r1", "source": "", "events": events})
        assert (list(trace.states()), trace.call_tree(), trace.lines) == ([], [], [""])


def test_calls_are_a_tree() -> None:
    (root,) = Trace.from_row(row("cwm_recursion")).call_tree()
    assert (root.name, root.arguments, root.value) == ("f", {"n": "2"}, "2")
    (child,) = root.children
    assert (child.name, child.arguments, child.value, child.children) == ("f", {"n": "1"}, "1", [])
    (raised,) = Trace.from_row(row("cwm_uncaught")).call_tree()
    assert raised.value is None
    assert raised.exception is not None
