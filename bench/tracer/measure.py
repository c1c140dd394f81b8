"""Measures the tracer inside a container and prints one JSON document; all columns of a workload are interleaved.

measure.py [ROUNDS]: thread CPU time, best of ROUNDS; `added` is the traced run minus the untraced one, per event.
"""

import json
import sys
import time
import types

import floor
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
    special = {"LINE": floor.line, "INSTRUCTION": floor.instruction}
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
        monitoring.set_local_events(TOOL_ID, part, core._LOCAL_EVENTS | core._LINE_EVENTS)
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


def measure(workload, rounds, slow_rounds, granularities=("line", "instruction")):
    best = {}
    sizes, counts, streams = {}, {}, {}

    def note(name, value):
        best[name] = min(value, best.get(name, value))

    for index in range(rounds):
        note("untraced", untraced(workload))
        for granularity in granularities:
            elapsed, stream, recorder = traced(workload, granularity)
            note(granularity, elapsed)
            streams[granularity] = stream
            sizes[granularity] = len(stream)
            elapsed, counts[granularity] = floor_run(workload, granularity, recorder.masks)
            note(f"floor {granularity}", elapsed)
        if index < slow_rounds:
            note("naive", naive(workload))
            note("reference", traced(workload, "line", reference.Recorder)[0])
    return best, sizes, counts, streams


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    found = {}
    for name, workload in workloads.MAIN.items():
        best, sizes, counts, streams = measure(workload, rounds, 1)
        found[name] = {"best": best, "bytes": sizes, "counts": counts}
        if len(sys.argv) > 2:
            for granularity, stream in streams.items():
                with open(f"{sys.argv[2]}/{name}.{granularity}", "wb") as out:
                    out.write(stream)
    for name, workload in workloads.STATES.items():
        best, sizes, counts, _ = measure(workload, rounds, 0, ("line",))
        found[name] = {"best": best, "bytes": sizes, "counts": counts}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
