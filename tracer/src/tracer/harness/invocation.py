"""One invocation in a child: load, build, run (traced or only counted), and the end record."""

import asyncio
import io
import sys
import types
from collections.abc import Callable

from tracer import _harness, values
from tracer.harness import program, protect
from tracer.harness.backend import TRACERS
from tracer.harness.backend import recorder as make_recorder
from tracer.harness.program import Call, InputError, LoadError, Program
from tracer.harness.request import Request
from tracer.reference import RunResult, Spec
from tracer.safe import protect as keep_private
from tracer.wire import end_record, header_record, json_of

keep_private(globals())

_CO_COROUTINE = 0x80
_Text = io.TextIOWrapper
_sys_names = sys.__dict__
# Of a subclass too, and nothing of the subclass is called.
_plain = str.__str__

_TOUCHES = (
    (1, "touches-clock"),
    (2, "touches-random"),
    (4, "touches-files"),
    (8, "touches-network"),
    (16, "processes"),
    (32, "threads"),
    (64, "tampered"),
)


class Sink:
    """Where a recorder commits records; the C part keeps the budget.

    `region` is the memory of the stream for a recorder in C, which needs no call for a record.
    """

    append = staticmethod(_harness.append)
    stop = staticmethod(_harness.stop)

    def __init__(self) -> None:
        self.region = _harness.region()


def _is_coroutine_function(callee: object) -> bool:
    function = callee.__func__ if type(callee) is types.MethodType else callee
    if type(function) is not types.FunctionType:
        return False
    return function.__code__.co_flags & _CO_COROUTINE != 0


def _try_flush(run_program: Callable[..., object], stream: io.TextIOWrapper) -> None:
    try:
        if not stream.write_through:
            run_program(stream.flush, (), {}, None)
    except BaseException:
        return


def _flush(run_program: Callable[..., object]) -> None:
    """Writes out what the standard streams hold, as the end of an interpreter does.

    Those of a child hold nothing; a program may put others in their place.
    """
    if not _harness.plain_names(_sys_names):
        return
    for name in ("stdout", "stderr"):
        stream = _sys_names.get(name)
        if type(stream) is _Text:
            _try_flush(run_program, stream)


def _runner(call: Call) -> Callable[[], object]:
    """A coroutine is awaited in a fresh event loop; a generator is returned as it is."""
    callee, args, kwargs = call.callee, call.args, call.kwargs
    is_awaited = _is_coroutine_function(callee)
    run_program, awaits = _harness.run, asyncio.run if is_awaited else None

    def run() -> object:
        _harness.fuel_resume()
        try:
            return run_program(callee, args, kwargs, awaits)
        finally:
            _flush(run_program)
            _harness.fuel_pause()

    return run


def _run_counted(run: Callable[[], object]) -> RunResult:
    try:
        value = run()
    except SystemExit as error:
        return RunResult("exited", None, error, [])
    except BaseException as error:
        return RunResult("raised", None, error, [])
    return RunResult("returned", value, None, [])


def _run_traced(request: Request, loaded: Program, run: Callable[[], object]) -> RunResult:
    spec = Spec(request.granularity, loaded.filenames, loaded.names, request.limits)
    sink = Sink()
    recorder = make_recorder(request.backend, spec, sink)
    if request.backend == "reference":
        _harness.set_output(recorder.output)
    return recorder.run(run)


def _labels(found: list[str], intact: bool) -> list[str]:
    bits = _harness.touched()
    labels = set(found) | {name for bit, name in _TOUCHES if bits & bit}
    if not intact:
        labels.add("tampered")
    return sorted(labels)


def _args_after(call: Call, limits: dict[str, int]) -> str:
    shown: dict[str, object] = {}
    if type(call.callee) is types.MethodType:
        shown["self"] = values.render(call.callee.__self__, limits)[0]
    shown["args"] = [values.render(value, limits)[0] for value in call.args]
    named = call.kwargs.items()
    shown["kwargs"] = {_plain(name): values.render(value, limits)[0] for name, value in named}
    return json_of(shown)


def _empty_end(outcome: str) -> dict[str, object]:
    return {
        "outcome": outcome,
        "returnValue": None,
        "returnType": None,
        "returnIsLiteral": None,
        "exceptionType": None,
        "exceptionMessage": None,
        "argsAfter": None,
        "labels": [],
        "fuel": _harness.fuel_spent(),
    }


def _failed(outcome: str, cause: BaseException, request: Request) -> None:
    intact = _harness.fuel_end()
    protect.restore()
    _harness.take()
    end = _empty_end(outcome)
    end["exceptionType"], end["exceptionMessage"] = values.exception_text(cause, request.limits)
    end["labels"] = _labels([], intact)
    _harness.append(header_record(TRACERS[request.backend]))
    _leave(end)


def _leave(end: dict[str, object]) -> None:
    """Ends the process before a frame lets go of what the program made: no finaliser of it runs."""
    _harness.append_end(end_record(end))
    _harness.leave(0)


def _ended(request: Request, call: Call, result: RunResult) -> None:
    limits = request.limits
    end = _empty_end(result.outcome)
    if result.exception is not None:
        end["exceptionType"], end["exceptionMessage"] = values.exception_text(
            result.exception, limits
        )
    else:
        end["returnValue"], end["returnIsLiteral"] = values.render(result.value, limits)
        end["returnType"] = values.type_name(result.value)
    if request.kind != "program":
        end["argsAfter"] = _args_after(call, limits)
    end["labels"] = result.labels
    _leave(end)


def run(request: Request, *, traced: bool) -> None:
    """Commits the whole stream of one invocation; a budget ends the process on the way."""
    _harness.fuel_start()
    try:
        loaded = program.load(request)
        call = program.build(request, loaded)
    except LoadError as failure:
        _failed("load-failed", failure.cause, request)
        return
    except InputError as failure:
        _failed("input-failed", failure.cause, request)
        return
    _harness.fuel_pause()
    runner = _runner(call)
    if traced:
        result = _run_traced(request, loaded, runner)
    else:
        _harness.append(header_record(TRACERS[request.backend]))
        result = _run_counted(runner)
    intact = _harness.fuel_end()
    protect.restore()
    _harness.take()
    result.labels = _labels(result.labels, intact)
    _ended(request, call, result)
