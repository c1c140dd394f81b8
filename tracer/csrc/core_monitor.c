/* Callbacks of sys.monitoring: which event of the interpreter becomes which event of the trace (docs/trace-format.md §2). */
#include "core.h"
#include "core_heard.h"
#include "opcode_ids.h"

/* The activation of the running frame where something is out of the ordinary. */
frame *
running_other(PyObject *code)
{
    PyThreadState *state = heard();
    if (state == NULL) {
        return NULL;
    }
    frame *fr = find_frame(current(state));
    return fr != NULL && (PyObject *)fr->p->code == code ? fr : NULL;
}

static plan *
plan_for(PyObject *code)
{
    plan *p = find_plan(code);
    if (p == NULL && !is_known_untraced(code) && is_traced_code(code)) {
        p = make_plan(code);
        if (p != NULL && !watch_code(code)) {
            fault("events could not be switched on");
        }
    }
    return p;
}

/* A check point before traced code runs. Where nothing of the record led to it, nothing told what others changed. */
static inline void
check_entry(iframe *f)
{
    T.must_scan |= T.top == NULL;
    check_point(NULL, f, true);
}

/* Code without a plan starts, or goes on. */
static PyObject *
pass(PyThreadState *state, PyObject *code)
{
    return Py_NewRef(note_untraced(state, code) ? core_disable : Py_None);
}

static frame *
start(iframe *f, plan *p)
{
    frame *fr = activate(f, p);
    if (fr != NULL && !p->called) {
        p->called = true;
        globals_add(p->globals);
        if (!p->is_optimized && f->f_locals == T.globals) {
            globals_follow_all();
        }
    }
    return fr;
}

static CALLBACK(on_start)
{
    PyThreadState *state = heard();
    if (state == NULL || count_of(nargsf) < 2) {
        Py_RETURN_NONE;
    }
    plan *p = plan_for(args[0]);
    if (p == NULL) {
        return pass(state, args[0]);
    }
    iframe *f = current(state);
    check_entry(f);
    frame *fr = start(f, p);
    if (fr != NULL) {
        frame_enter(fr);
        write_start(EV_CALL, fr, unit_of(p, args[1]), true);
    }
    Py_RETURN_NONE;
}

static void
resume(PyThreadState *state, plan *p, int unit)
{
    iframe *f = current(state);
    check_entry(f);
    frame *fr = find_frame(f);
    bool is_new = fr == NULL || fr->p != p || unit < p->prologue_end;
    if (is_new) {
        fr = start(f, p);
    }
    if (fr != NULL) {
        frame_enter(fr);
        write_start(EV_RESUME, fr, unit, is_new);
    }
}

static CALLBACK(on_resume)
{
    PyThreadState *state = heard();
    if (state == NULL || count_of(nargsf) < 2) {
        Py_RETURN_NONE;
    }
    plan *p = plan_for(args[0]);
    if (p == NULL) {
        return pass(state, args[0]);
    }
    resume(state, p, unit_of(p, args[1]));
    Py_RETURN_NONE;
}

static CALLBACK(on_throw)
{
    PyThreadState *state = heard();
    if (state == NULL || count_of(nargsf) < 3) {
        Py_RETURN_NONE;
    }
    plan *p = plan_for(args[0]);
    if (p != NULL) {
        resume(state, p, unit_of(p, args[1]));
    } else {
        note_untraced(state, args[0]);
    }
    Py_RETURN_NONE;
}

static CALLBACK(on_return)
{
    frame *fr = count_of(nargsf) < 3 ? NULL : running(args[0]);
    if (fr != NULL) {
        check_point(fr, fr->f, false);
        write_event(EV_RETURN, fr, unit_of(fr->p, args[1]), args[2]);
        note_given(fr->f, args[2]);
        frame_end(fr);
    }
    Py_RETURN_NONE;
}

/* Borrowed: what the program gave to a yield; the interpreter wraps the value of an asynchronous generator. */
static PyObject *
yielded(PyObject *value)
{
    const PyTypeObject *type = Py_TYPE(value);
    bool is_wrapped = !(type->tp_flags & Py_TPFLAGS_HEAPTYPE)
        && strcmp(type->tp_name, "async_generator_wrapped_value") == 0;
    /* The head of _PyAsyncGenWrappedValue: PyObject_HEAD and the value. */
    return is_wrapped ? *(PyObject **)((char *)value + sizeof(PyObject)) : value;
}

static CALLBACK(on_yield)
{
    frame *fr = count_of(nargsf) < 3 ? NULL : running(args[0]);
    if (fr != NULL) {
        check_point(fr, fr->f, false);
        write_event(EV_YIELD, fr, unit_of(fr->p, args[1]), yielded(args[2]));
        note_given(fr->f, args[2]);
        frame_leave(fr);
    }
    Py_RETURN_NONE;
}

static CALLBACK(on_unwind)
{
    frame *fr = count_of(nargsf) < 3 ? NULL : running(args[0]);
    if (fr != NULL) {
        check_point(fr, fr->f, false);
        write_event(EV_UNWIND, fr, unit_of(fr->p, args[1]), args[2]);
        frame_end(fr);
    }
    Py_RETURN_NONE;
}

/* The end of an iterator that the instruction consumes is no event. */
static bool
is_consumed(const plan *p, int unit, PyObject *error)
{
    int op = p->op[unit];
    if (PyType_IsSubtype(Py_TYPE(error), (PyTypeObject *)PyExc_StopIteration)) {
        return op == FOR_ITER || op == SEND || op == END_SEND;
    }
    return PyType_IsSubtype(Py_TYPE(error), (PyTypeObject *)PyExc_StopAsyncIteration)
        && handler_op(p, unit) == END_ASYNC_FOR;
}

static CALLBACK(on_raise)
{
    frame *fr = count_of(nargsf) < 3 ? NULL : running(args[0]);
    if (fr != NULL) {
        fr->since = &fr->p->anything;
        check_point(fr, fr->f, false);
        if (!is_consumed(fr->p, unit_of(fr->p, args[1]), args[2])) {
            write_event(EV_RAISE, fr, unit_of(fr->p, args[1]), args[2]);
        }
    }
    Py_RETURN_NONE;
}

static CALLBACK(on_reraise)
{
    frame *fr = count_of(nargsf) < 3 ? NULL : running(args[0]);
    if (fr != NULL) {
        fr->since = &fr->p->anything;
        check_point(fr, fr->f, false);
        if (fr->p->op[unit_of(fr->p, args[1])] == RAISE_VARARGS) {
            write_event(EV_RAISE, fr, unit_of(fr->p, args[1]), args[2]);
        }
    }
    Py_RETURN_NONE;
}

static CALLBACK(on_handled)
{
    frame *fr = count_of(nargsf) < 3 ? NULL : running(args[0]);
    if (fr != NULL) {
        fr->since = &fr->p->anything;
        check_point(fr, fr->f, false);
        if (fr->p->op[unit_of(fr->p, args[1])] == PUSH_EXC_INFO) {
            write_event(EV_HANDLED, fr, unit_of(fr->p, args[1]), args[2]);
        }
    }
    Py_RETURN_NONE;
}

/* Called some other way than by the interpreter: it tells of events by vector calls. */
static PyObject *
called(PyObject *Py_UNUSED(module), PyObject *const *Py_UNUSED(args), Py_ssize_t Py_UNUSED(count))
{
    T.tampered |= T.running;
    Py_RETURN_NONE;
}

#define METHOD(name) {name, (PyCFunction)(void (*)(void))called, METH_FASTCALL, NULL}
static PyMethodDef monitor_methods[] = {
    METHOD("PY_START"),
    METHOD("PY_RESUME"),
    METHOD("PY_THROW"),
    METHOD("PY_RETURN"),
    METHOD("PY_YIELD"),
    METHOD("PY_UNWIND"),
    METHOD("RAISE"),
    METHOD("RERAISE"),
    METHOD("EXCEPTION_HANDLED"),
    METHOD("LINE"),
    METHOD("JUMP"),
    METHOD("INSTRUCTION"),
    {NULL, NULL, 0, NULL},
};

#define N_CALLBACKS (Py_ARRAY_LENGTH(monitor_methods) - 1)
static PyObject *callbacks[N_CALLBACKS]; /* owned, for the life of the process */

/* The interpreter calls these functions directly. Lines and instructions have others where both are events. */
void
callbacks_for(int granularity)
{
    bool is_fine = granularity == GRAN_INSTRUCTION;
    const vectorcallfunc functions[N_CALLBACKS] = {
        on_start,
        on_resume,
        on_throw,
        on_return,
        on_yield,
        on_unwind,
        on_raise,
        on_reraise,
        on_handled,
        is_fine ? on_short_line : on_line,
        on_jump,
        is_fine ? on_short_instruction : on_instruction,
    };
    for (size_t i = 0; i < N_CALLBACKS; i++) {
        ((PyCFunctionObject *)callbacks[i])->vectorcall = functions[i];
    }
}

/* The callbacks by the names of their events, as a new dict. NULL without memory. */
PyObject *
callbacks_start(void)
{
    PyObject *dict = PyDict_New();
    for (size_t i = 0; dict != NULL && i < N_CALLBACKS; i++) {
        callbacks[i] = PyCFunction_New(&monitor_methods[i], NULL);
        if (callbacks[i] == NULL || PyDict_SetItemString(dict, monitor_methods[i].ml_name, callbacks[i]) < 0) {
            Py_CLEAR(dict);
        }
    }
    return dict;
}
