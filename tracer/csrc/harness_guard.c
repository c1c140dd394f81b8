/* The line between the harness and the program. What belongs to the harness refuses to serve while the program runs, and
 * the attempt is told of; the program sees no frame of the harness, and starts at the same depth in every role. */
#define Py_BUILD_CORE 1
#include "harness.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "internal/pycore_frame.h"
#include "internal/pycore_interp.h"
#include "internal/pycore_pystate.h"
#include "internal/pycore_runtime.h"
#pragma GCC diagnostic pop
#include <signal.h>
#include <sys/time.h>

/* A script's own module frame: the program starts where a function of a script would. */
#define FRAMES_BELOW 1
/* Calls in C below the program; the same number in every role, whatever it really is. */
#define C_CALLS_BELOW 20

static bool in_program;
static PyThreadState *own_thread; /* the thread that serves; NULL before the first call of a program */

/* Code that PID 1 had before its first fork: all of it is immortal, and none of a program is. */
static bool
is_inherited(const PyCodeObject *code)
{
    return _Py_IsImmortal((PyObject *)code);
}

/* Whether the innermost frame is of the harness, and, where `all` are asked for, none below it is of the program: an end of
 * an object, a comparison or a hook of the program may run above the harness. */
static bool
is_called_by_ours(const PyThreadState *state, bool all)
{
    const struct _PyInterpreterFrame *frame = state->current_frame;
    bool is_innermost = true;
    for (; frame != NULL && (is_innermost || all); frame = frame->previous) {
        if (frame->owner == FRAME_OWNED_BY_CSTACK) {
            continue;
        }
        PyCodeObject *code = (PyCodeObject *)frame->f_executable;
        if (!PyCode_Check(code) || !is_inherited(code)
            || (is_innermost && !harness_is_own_code((PyObject *)code))) {
            return false;
        }
        is_innermost = false;
    }
    return true;
}

/* False where the program calls: from its code, wherever that runs, or from a thread of its own. Callbacks of the recorder
 * are ours. */
bool
harness_is_ours(void)
{
    const PyThreadState *state = PyThreadState_GetUnchecked();
    bool outside = !in_program && (own_thread == NULL || state == own_thread);
    bool may = outside || harness_quiet > 0 || state->tracing > 0;
    /* PID 1 runs nothing of a program, and not all of its own is immortal yet. A search runs candidates below code of its
     * own, which ends the process where one forks. */
    bool is_alone = !harness.in_child || harness.rehearses || harness.command == COMMAND_PROBE;
    return may && (is_alone || is_called_by_ours(state, outside));
}

void
harness_tampered(void)
{
    if (!harness.detached && harness.region != NULL) {
        atomic_fetch_or_explicit(&harness.region->touched, TOUCH_TAMPERING, memory_order_relaxed);
    }
}

/* What a call of the program to something of ours gets. */
PyObject *
harness_refuse(void)
{
    harness_tampered();
    PyErr_SetString(PyExc_RuntimeError, "this belongs to the harness");
    return NULL;
}

struct before {
    struct _PyInterpreterFrame *frame;
    int limit, left, c_left;
};

static struct before
enter(PyThreadState *state)
{
    struct before before = {
        state->current_frame, state->py_recursion_limit, state->py_recursion_remaining,
        state->c_recursion_remaining,
    };
    /* As in a thread: the outermost frame of the program has none before it. */
    state->current_frame = NULL;
    state->py_recursion_remaining = state->py_recursion_limit - FRAMES_BELOW;
    state->c_recursion_remaining = Py_C_RECURSION_LIMIT - C_CALLS_BELOW;
    own_thread = state;
    in_program = true;
    harness_show_program(state);
    harness_let_signals();
    return before;
}

/* Callbacks of other tools are the program's: none runs in what follows. */
static void
drop_callbacks(PyInterpreterState *interp)
{
    for (int tool = 0; tool < PY_MONITORING_SYS_PROFILE_ID; tool++) {
        for (int event = 0; event < _PY_MONITORING_EVENTS; event++) {
            if (tool != FUEL_TOOL_ID && tool != TRACE_TOOL_ID) {
                interp->monitoring_callables[tool][event] = NULL;
            }
        }
    }
}

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};

static sigset_t program_mask; /* signals that the program blocks itself */
static bool signals_held;

/* Each page that is written to is copied first: not for what it says already. */
static void
forget_signals(void)
{
    if (_PyRuntime.signals.is_tripped != 0) {
        _PyRuntime.signals.is_tripped = 0;
    }
}

/* No handler of the program runs in this thread until it goes on; signals of faults keep theirs. */
static void
hold_signals(void)
{
    sigset_t held;
    sigfillset(&held);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(faults); i++) {
        sigdelset(&held, faults[i]);
    }
    sigprocmask(SIG_SETMASK, &held, &program_mask);
    signals_held = true;
    forget_signals();
}

/* What came in between is delivered now. */
void
harness_let_signals(void)
{
    if (signals_held) {
        signals_held = false;
        sigprocmask(SIG_SETMASK, &program_mask, NULL);
    }
}

/* Other threads of the program take signals too, and tell this one of them: handlers are dropped for good. */
static void
drop_handlers(void)
{
    const struct itimerval never = {{0, 0}, {0, 0}};
    struct sigaction ignored = {.sa_handler = SIG_IGN}, now;
    for (int number = 1; number < NSIG; number++) {
        bool is_kept = false;
        for (size_t i = 0; i < Py_ARRAY_LENGTH(faults); i++) {
            is_kept = is_kept || faults[i] == number;
        }
        if (!is_kept && sigaction(number, NULL, &now) == 0 && now.sa_handler != SIG_DFL
            && now.sa_handler != SIG_IGN) {
            sigaction(number, &ignored, NULL);
            setitimer(number == SIGPROF ? ITIMER_PROF
                          : number == SIGVTALRM ? ITIMER_VIRTUAL
                                                : ITIMER_REAL,
                      &never, NULL);
        }
    }
    forget_signals();
}

/* Takes back what the program put in the way of the code that follows. */
static void
leave(PyThreadState *state, const struct before *before)
{
    PyInterpreterState *interp = state->interp;
    in_program = false;
    harness_hide_rest(state);
    state->current_frame = before->frame;
    state->py_recursion_limit = before->limit;
    if (interp->ceval.recursion_limit != before->limit) {
        interp->ceval.recursion_limit = before->limit;
    }
    state->py_recursion_remaining = before->left;
    state->c_recursion_remaining = before->c_left;
    if (!harness.in_child) {
        return;
    }
    /* Not let go of, as what follows: the end of an object may be code of the program. */
    interp->audit_hooks = NULL;
    hold_signals();
    if ((atomic_load(&harness.region->touched) & TOUCH_THREADS) != 0) {
        drop_handlers();
    }
    if (state->c_tracefunc != NULL || state->c_profilefunc != NULL) {
        Py_XINCREF(state->c_traceobj);
        Py_XINCREF(state->c_profileobj);
        PyEval_SetTrace(NULL, NULL);
        PyEval_SetProfile(NULL, NULL);
    }
    if (harness.detached || (atomic_load(&harness.region->touched) & TOUCH_TAMPERING) != 0) {
        drop_callbacks(interp);
    }
}

/* run(callee, args, kwargs, awaits) -> value: calls the program. `awaits` is None, or is called with what it gave. */
PyObject *
harness_run(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *callee, *positional, *named, *awaits;
    if (!PyArg_ParseTuple(args, "OO!O!O", &callee, &PyTuple_Type, &positional, &PyDict_Type, &named,
                          &awaits)) {
        return NULL;
    }
    PyThreadState *state = PyThreadState_Get();
    struct before before = enter(state);
    PyObject *value = PyObject_Call(callee, positional, named);
    if (value != NULL && awaits != Py_None) {
        Py_SETREF(value, PyObject_CallOneArg(awaits, value));
    }
    PyObject *raised = PyErr_GetRaisedException();
    leave(state, &before);
    PyErr_SetRaisedException(raised);
    return value;
}

static PyObject *
subclasses_of(PyTypeObject *base)
{
    if ((base->tp_flags & _Py_TPFLAGS_STATIC_BUILTIN) == 0) {
        return (PyObject *)base->tp_subclasses;
    }
    struct types_state *types = &PyInterpreterState_Get()->types;
    size_t index = (size_t)base->tp_subclasses - 1;
    return index < types->builtins.num_initialized
        ? types->builtins.initialized[index].tp_subclasses
        : NULL;
}

/* hide_class(class): __subclasses__ of its bases does not show it. */
PyObject *
harness_hide_class(PyObject *Py_UNUSED(module), PyObject *class)
{
    PyObject *bases = PyType_Check(class) ? ((PyTypeObject *)class)->tp_bases : NULL;
    PyObject *key = PyLong_FromVoidPtr(class);
    for (Py_ssize_t i = 0; bases != NULL && key != NULL && i < PyTuple_GET_SIZE(bases); i++) {
        PyObject *known = subclasses_of((PyTypeObject *)PyTuple_GET_ITEM(bases, i));
        if (known != NULL && PyDict_CheckExact(known) && PyDict_Contains(known, key) == 1) {
            PyDict_DelItem(known, key);
        }
    }
    Py_XDECREF(key);
    if (PyErr_Occurred()) {
        return NULL;
    }
    Py_RETURN_NONE;
}

enum { USE_TOOL_ID };
static const char *const guarded[] = {
    "use_tool_id", "free_tool_id", "register_callback", "set_events", "set_local_events",
};
static PyObject *originals[Py_ARRAY_LENGTH(guarded)]; /* owned, for the life of the process */

/* One call of sys.monitoring: not for the tools of the harness. */
static PyObject *
monitor(size_t which, PyObject *const *args, Py_ssize_t count)
{
    long tool = count > 0 && PyLong_CheckExact(args[0]) ? PyLong_AsLong(args[0]) : -1;
    PyErr_Clear();
    if ((tool == FUEL_TOOL_ID || tool == TRACE_TOOL_ID) && !harness_is_ours()) {
        /* To ask for a tool that others have is what a program does that looks for a free one. */
        if (which != USE_TOOL_ID) {
            harness_tampered();
        }
        return PyErr_Format(PyExc_ValueError, "tool %ld is already in use", tool);
    }
    return PyObject_Vectorcall(originals[which], args, (size_t)count, NULL);
}

#define MONITOR(index, name)                                                                         \
    static PyObject *monitor_##name(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count) \
    {                                                                                                \
        return monitor(index, args, count);                                                          \
    }
MONITOR(0, use_tool_id)
MONITOR(1, free_tool_id)
MONITOR(2, register_callback)
MONITOR(3, set_events)
MONITOR(4, set_local_events)

#define ENTRY(name) {#name, (PyCFunction)(void (*)(void))monitor_##name, METH_FASTCALL, NULL}
static PyMethodDef monitor_methods[] = {
    ENTRY(use_tool_id), ENTRY(free_tool_id),     ENTRY(register_callback),
    ENTRY(set_events),  ENTRY(set_local_events), {NULL, NULL, 0, NULL},
};

/* guard_monitoring(): for PID 1, after everything of ours kept the functions themselves. */
PyObject *
harness_guard_monitoring(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    PyObject *monitoring = PySys_GetObject("monitoring");
    for (size_t i = 0; monitoring != NULL && i < Py_ARRAY_LENGTH(guarded); i++) {
        originals[i] = PyObject_GetAttrString(monitoring, guarded[i]);
        PyObject *wrapper = PyCFunction_New(&monitor_methods[i], NULL);
        if (originals[i] == NULL || wrapper == NULL
            || PyObject_SetAttrString(monitoring, guarded[i], wrapper) < 0) {
            Py_XDECREF(wrapper);
            return NULL;
        }
        Py_DECREF(wrapper);
    }
    Py_RETURN_NONE;
}
