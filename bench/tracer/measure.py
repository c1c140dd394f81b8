"""Measures tracers inside a container and prints one JSON document; all columns of a workload are interleaved.

measure.py ROUNDS STREAMS: thread CPU time in ns, the best of ROUNDS, of each column; those that take over a second only
in the first rounds. The streams of the C recorder are written to the folder STREAMS.
"""

import contextlib
import json
import sys
import time
import types

import floor
import peers
import workloads

from tracer import _core, core, reference

monitoring = sys.monitoring
events = monitoring.events
clock = time.thread_time_ns
FILENAME = "<record>"
TOOL_ID = 4
LIMITS = {
    "events": 10**9,
    "stringCodePoints": 10_000,
    "stringHead": 1_000,
    "containerItems": 1_000,
    "depth": 20,
    "objectBytes": 65_536,
    "traceBytes": 1 << 31,
}


SLOW_ROUNDS = 3
PEER_ROUNDS = 1


class Sink:
    def __init__(self):
        self.records = []

    def append(self, record):
        self.records.append(record)

    def stop(self, marker):
        raise SystemExit(marker)


class MaskRecorder(core.Recorder):
    """Keeps, by qualified name, the units where instruction events were switched off."""

    masks: dict

    def _switch_off(self):
        self.masks = {code.co_qualname: _core.benign(code) for code in _core.codes()}
        return super()._switch_off()


def load(workload):
    text, arguments = workload
    code = compile(text, FILENAME, "exec")
    namespace = {"__name__": "record"}
    exec(code, namespace)
    return namespace, namespace["run"], arguments(), code


def codes_of(code):
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield const
            yield from codes_of(const)


def untraced(workload):
    _, run, arguments, _ = load(workload)
    start = clock()
    run(*arguments)
    return clock() - start


def naive(workload):
    """settrace and repr of all locals: what most papers do."""
    _, run, arguments, _ = load(workload)
    kept = []

    def on_event(frame, event, value):
        if frame.f_code.co_filename != FILENAME:
            return None
        kept.append((event, frame.f_lineno, {k: repr(v) for k, v in frame.f_locals.items()}, repr(value)))
        return on_event

    start = clock()
    sys.settrace(on_event)
    run(*arguments)
    sys.settrace(None)
    return clock() - start


def traced(workload, granularity, backend=MaskRecorder):
    namespace, run, arguments, _ = load(workload)
    sink = Sink()
    spec = reference.Spec(granularity, frozenset({FILENAME}), namespace, LIMITS)
    recorder = backend(spec, sink)
    times = []

    def call():
        times.append(clock())
        run(*arguments)
        times.append(clock())

    result = recorder.run(call)
    assert result.outcome == "returned", result
    return times[1] - times[0], b"".join(sink.records), recorder


def empty_callbacks(granularity):
    """The same callbacks as the recorder registers, each doing nothing."""
    special = {"LINE": floor.line, "INSTRUCTION": floor.instruction, "JUMP": floor.jump}
    return {name: special.get(name, floor.empty) for name in _core.CALLBACKS}


def floor_run(workload, granularity, masks):
    _, run, arguments, code = load(workload)
    callbacks = empty_callbacks(granularity)
    monitoring.restart_events()
    monitoring.use_tool_id(TOOL_ID, "floor")
    for name, callback in callbacks.items():
        monitoring.register_callback(TOOL_ID, getattr(events, name), callback)
    monitoring.set_events(TOOL_ID, core._GLOBAL_EVENTS)
    for part in codes_of(code):
        monitoring.set_local_events(TOOL_ID, part, core._LINE_EVENTS)
        mask = masks.get(part.co_qualname)
        if mask is not None and granularity == "line":
            floor.plan(part, mask)
    start = clock()
    run(*arguments)
    elapsed = clock() - start
    counts = floor.reset()
    monitoring.set_events(TOOL_ID, 0)
    for part in codes_of(code):
        monitoring.set_local_events(TOOL_ID, part, 0)
    for name in callbacks:
        monitoring.register_callback(TOOL_ID, getattr(events, name), None)
    monitoring.free_tool_id(TOOL_ID)
    return elapsed, counts


class Best:
    """The best of all rounds, by column."""

    def __init__(self):
        self.columns = {}

    def note(self, name, elapsed):
        self.columns[name] = min(elapsed, self.columns.get(name, elapsed))


def recorders(best, workload, granularities):
    """The C recorder and its floor; what they recorded and counted."""
    facts = {}
    for granularity in granularities:
        elapsed, stream, recorder = traced(workload, granularity)
        best.note(granularity, elapsed)
        elapsed, counts = floor_run(workload, granularity, recorder.masks)
        best.note(f"{granularity} floor", elapsed)
        facts[granularity] = {"stream": stream, "events": counts[granularity == "instruction"]}
    return facts


def slow_columns(best, workload):
    best.note("settrace + repr", naive(workload))
    best.note("reference", traced(workload, "line", reference.Recorder)[0])


def peer_columns(best, workload):
    for name, run in peers.ALL.items():
        _, entry, arguments, _ = load(workload)
        # They write to streams of their own, and some print where they are done.
        with contextlib.redirect_stdout(sys.stderr):
            best.note(name, run(entry, arguments, FILENAME))


def measure_main(name, workload, rounds, folder):
    best = Best()
    for index in range(rounds):
        best.note("untraced", untraced(workload))
        facts = recorders(best, workload, ("line", "instruction"))
        if index < SLOW_ROUNDS:
            slow_columns(best, workload)
        if index < PEER_ROUNDS:
            peer_columns(best, workload)
    events = {granularity: fact["events"] for granularity, fact in facts.items()}
    for granularity, fact in facts.items():
        with open(f"{folder}/{name}.{granularity}", "wb") as out:
            out.write(fact["stream"])
    return {"best": best.columns, "events": events}


def measure_state(workload, rounds):
    """Two lengths of one workload: what they differ in is free of what is written once."""
    text, arguments, lengths = workload
    best = Best()
    events = {}
    for _ in range(rounds):
        for steps in lengths:
            one = (text, lambda steps=steps: arguments(steps))
            best.note(f"untraced {steps}", untraced(one))
            elapsed, _, recorder = traced(one, "line")
            best.note(f"line {steps}", elapsed)
            events[steps] = floor_run(one, "line", recorder.masks)[1][0]
    few, many = lengths
    added = {n: best.columns[f"line {n}"] - best.columns[f"untraced {n}"] for n in lengths}
    return (added[many] - added[few]) / (events[many] - events[few])


def measure_plan(workload, rounds):
    best = Best()
    for _ in range(rounds):
        best.note("line", traced(workload, "line")[0])
    return best.columns["line"]


def main():
    rounds, folder = int(sys.argv[1]), sys.argv[2]
    found = {
        "main": {
            name: measure_main(name, workload, rounds, folder)
            for name, workload in workloads.MAIN.items()
        },
        "states": {
            size: measure_state(workload, rounds) for size, workload in workloads.STATES.items()
        },
        "plans": {
            lines: measure_plan(workload, rounds) for lines, workload in workloads.PLANS.items()
        },
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
