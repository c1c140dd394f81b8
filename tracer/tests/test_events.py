"""Rules of docs/trace-format.md that a reader of events relies on, one by one."""

import pytest
from support import trace

from tracer.decode import Json


def _names(events: list[Json], key: str = "set") -> list[Json]:
    return [event[key] for event in events if key in event]


def test_inlined_comprehension_keeps_its_variable_to_itself() -> None:
    traced = trace("""
def run():
    x = "keep"
    ys = [x for x in range(2)]
    return x, ys
""")
    values = [changed["x"] for changed in _names(traced.events) if "x" in changed]
    assert values == ["'keep'"]
    assert any("<comp>.x" in changed for changed in _names(traced.events))


def test_change_through_a_cell_appears_in_every_frame_that_sees_it() -> None:
    traced = trace("""
def run():
    n = 0
    def bump():
        nonlocal n
        n += 1
    bump()
    return n
""")
    changes = [
        (event["frame"], event["set"]["n"])
        for event in traced.events
        if "n" in event.get("set", {})
    ]
    assert changes == [(1, "0"), (2, "0"), (2, "1"), (1, "1")]


def test_global_is_shown_at_the_first_call_that_names_it_and_when_it_changes() -> None:
    traced = trace("""
G = 0
OTHER = 5
def set_g():
    global G
    G = 7
def run():
    set_g()
    return G
""")
    shown = [
        (event["kind"], event["frame"], event["globals"])
        for event in traced.events
        if "globals" in event
    ]
    assert [row[:2] for row in shown] == [("call", 1), ("return", 2)]
    assert shown[0][2]["G"] == "0"
    assert shown[1][2] == {"G": "7"}
    assert "OTHER" not in traced.trace.events_json()


def test_loop_on_one_line_has_an_event_for_each_round() -> None:
    traced = trace("""
def run():
    t = 3
    while t: t -= 1
    return t
""")
    assert traced.lines() == [3, 4, 4, 4, 4, 5] or traced.lines().count(4) >= 3


def test_one_exception_has_one_number_wherever_it_passes() -> None:
    traced = trace("""
def fail():
    try:
        1 / 0
    except ZeroDivisionError:
        raise
def run():
    try:
        fail()
    except ZeroDivisionError:
        return 1
""")
    story = [
        (event["kind"], event["frame"], event["line"])
        for event in traced.kinds("raise", "handled", "unwind")
    ]
    assert story == [
        ("raise", 2, 4),
        ("handled", 2, 4),
        ("raise", 2, 6),
        ("unwind", 2, 6),
        ("raise", 1, 9),
        ("handled", 1, 9),
    ]
    assert len({event["value"] for event in traced.kinds("raise", "handled", "unwind")}) == 1


def test_end_of_an_iterator_is_no_exception_of_the_loop() -> None:
    traced = trace("""
class It:
    n = 0
    def __iter__(self):
        return self
    def __next__(self):
        self.n += 1
        if self.n > 1:
            raise StopIteration
        return self.n
def run():
    return [v for v in It()]
""")
    assert [event["line"] for event in traced.kinds("raise")] == [9]
    assert traced.result.value == [1]


def test_return_that_finally_overrides_is_no_event() -> None:
    traced = trace("""
def run():
    try:
        return 1
    finally:
        return 2
""")
    assert [event["value"] for event in traced.kinds("return")] == ["2"]


def test_generator_keeps_its_frame_and_tells_yield_from_return() -> None:
    traced = trace("""
def gen():
    got = yield 1
    return got
def run():
    g = gen()
    next(g)
    try:
        g.send("in")
    except StopIteration as stop:
        return stop.value
""")
    story = [
        (e["kind"], e["frame"]) for e in traced.events if e["frame"] == 2 and e["kind"] != "line"
    ]
    assert story == [("call", 2), ("yield", 2), ("resume", 2), ("return", 2)]


def test_list_is_empty_while_it_sorts_itself() -> None:
    traced = trace("""
def run():
    x = [2, 1]
    x.sort(key=lambda v: v)
    return x
""")
    operations = [event["heap"]["1"] for event in traced.events if "1" in event.get("heap", {})]
    assert operations[1:] == [[["splice", "0", "2"]], [["splice", "0", "0", "1", "2"]]]


def test_new_object_at_an_old_address_has_a_new_number() -> None:
    traced = trace("""
def run():
    for i in range(3):
        x = None
        x = [i]
    return x
""")
    numbers = [c["x"] for c in _names(traced.events) if "x" in c and c["x"] != "None"]
    assert len(set(numbers)) == 3


def test_finaliser_runs_where_it_does_untraced_and_sees_its_own_number() -> None:
    traced = trace("""
log = []
class D:
    def __del__(self):
        log.append("del")
def run():
    d = D()
    d = 1
    log.append("next")
    return log
""")
    assert traced.result.value == ["del", "next"]
    seen = [event["set"] for event in traced.events if "self" in event.get("set", {})]
    bound = next(c["d"] for c in _names(traced.events) if "d" in c)
    assert seen == [{"self": bound}]


def test_recursion_error_comes_at_the_same_depth_and_tracing_goes_on() -> None:
    source = """
def f(n):
    global deepest
    deepest = n
    return f(n + 1)
def run():
    try:
        f(0)
    except RecursionError:
        done = True
    return deepest
"""
    untraced = trace(source, granularity="call", limits={"events": 100_000}).result.value
    traced = trace(source, limits={"events": 100_000})
    assert traced.result.value == untraced
    assert traced.events[-1]["kind"] == "return"


def test_thread_has_its_own_number_and_a_label() -> None:
    traced = trace("""
import threading
def work(out):
    out.append(1)
def run():
    out = []
    t = threading.Thread(target=work, args=(out,))
    t.start()
    t.join()
    return out
""")
    assert {event.get("thread") for event in traced.events} == {None, 2}
    assert "threads" in traced.result.labels


def test_forked_process_writes_nothing() -> None:
    traced = trace("""
import os
def run():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "parent"
""")
    assert traced.lines() == [4, 5, 7, 8]
    assert traced.result.labels == ["opaque", "processes"]


@pytest.mark.parametrize(
    "meddling",
    [
        "sys.settrace(None)",
        "sys.setprofile(None)",
        "sys.monitoring.free_tool_id(4)",
        "sys.monitoring.set_events(4, 0)",
        "sys.monitoring.register_callback(4, 1, None)",
        "compile('1', '<record>', 'eval')",
    ],
)
def test_meddling_with_tracing_is_told(meddling: str) -> None:
    traced = trace(f"""
import sys
def run():
    {meddling}
    return 3
""")
    assert traced.result.value == 3
    assert "tampered" in traced.result.labels


@pytest.mark.parametrize(
    ("expression", "label"),
    [
        ("[x for x in {'a', 'b'}]", "hash-order"),
        ("list({'a', 'b'})", "hash-order"),
        ("str({('a', 1), 2})", "hash-order"),
        ("[type(x) for x in {object(), object()}]", "identity-order"),
        ("f'{ {b'x', b'y'} }'", "hash-order"),
        ("hex(id([])) == repr(print) or repr(run)", "identity"),
    ],
)
def test_order_and_addresses_that_show_are_labelled(expression: str, label: str) -> None:
    traced = trace(f"""
def run():
    found = {expression}
    return len(found)
""")
    assert label in traced.result.labels


@pytest.mark.parametrize(
    "expression",
    ["sorted({'a', 'b'})", "len({'a', 'b'})", "'a' in {'a', 'b'}", "[x for x in {1, 2}]"],
)
def test_order_that_does_not_show_is_not_labelled(expression: str) -> None:
    traced = trace(f"""
def run():
    found = {expression}
    return 1
""")
    assert "hash-order" not in traced.result.labels


def test_code_that_overrides_everything_is_never_called() -> None:
    traced = trace("""
calls = []
class Meta(type):
    def __getattribute__(cls, name):
        calls.append(name)
        return type.__getattribute__(cls, name)
    def __instancecheck__(cls, item):
        calls.append("instance")
        return True
class Liar(list, metaclass=Meta):
    def __getattribute__(self, name):
        calls.append(name)
        raise RuntimeError(name)
    __repr__ = __eq__ = __len__ = __iter__ = __bool__ = lambda *a: calls.append("called")
    __hash__ = None
    __class__ = property(lambda self: calls.append("class"))
def run():
    one = Liar.__new__(Liar)
    list.append(one, 1)
    many = [one, {"k": one}, (one, one)]
    before = len(calls)
    many.append(None)
    held = many
    return before == len(calls)
""")
    assert traced.result.value is True
    assert '"type":"Liar","items":[]' in traced.trace.events_json()
    assert '[["append","1"]]' in traced.trace.events_json()


def test_replaced_built_ins_do_not_reach_the_tracer() -> None:
    traced = trace("""
import builtins
def run():
    kept = builtins.len, builtins.sorted, builtins.type, builtins.issubclass
    builtins.len = builtins.sorted = builtins.type = builtins.issubclass = None
    x = [1, {2}]
    x.append("y")
    builtins.len, builtins.sorted, builtins.type, builtins.issubclass = kept
    return x
""")
    assert traced.trace.fault is None
    assert traced.result.value == [1, {2}, "y"]


def test_handler_of_a_signal_runs_in_the_program() -> None:
    traced = trace(
        """
import signal
def run():
    got = []
    signal.signal(signal.SIGALRM, lambda number, frame: got.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    while not got:
        pass
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    return len(got)
""",
        limits={"events": 1_000_000},
    )
    assert traced.result.value == 1
    assert [event["name"] for event in traced.kinds("call")] == ["run", "run.<locals>.<lambda>"]


def test_instruction_event_shows_the_state_before_it() -> None:
    traced = trace(
        """
def run(a):
    return a + 2
""",
        5,
        granularity="instruction",
    )
    shown = [(e["op"], e.get("arg"), e.get("stack")) for e in traced.kinds("instruction")]
    assert shown == [
        ("LOAD_FAST", "a", None),
        ("LOAD_CONST", "2", ["5"]),
        ("BINARY_OP", "+", ["5", "2"]),
        ("RETURN_VALUE", None, ["7"]),
    ]


def test_call_granularity_has_no_lines_but_all_changes() -> None:
    traced = trace(
        """
def put(d):
    d["k"] = 1
def run():
    d = {}
    put(d)
    return d
""",
        granularity="call",
    )
    assert [event["kind"] for event in traced.events] == ["call", "call", "return", "return"]
    assert traced.events[2]["heap"] == {"2": [["setitem", "'k'", "1"]]}
