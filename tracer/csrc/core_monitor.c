/* Callbacks of sys.monitoring: which event of the interpreter becomes which event of the trace (docs/trace-format.md §2). */
#include "core.h"
#include "opcode_ids.h"

static PyObject *disable; /* owned, for the life of the process */

#define CALLBACK(name)                                                                               \
    static PyObject *name(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)

/* The thread that an event is told on; NULL where nothing is recorded, or where the program itself made the call. */
static inline PyThreadState *
heard(void)
{
    if (!T.running) {
        return NULL;
    }
    PyThreadState *state = this_thread();
    if (__builtin_expect(state->tracing == 0, 0)) {
        T.tampered = true;
        return NULL;
    }
    return state;
}

/* The frame that runs; the activations of its thread stand on top from here on. */
static inline iframe *
current(PyThreadState *state)
{
    if (__builtin_expect(state->id != T.thread_id, 0)) {
        switch_thread(state);
    }
    if (__builtin_expect(T.n_dying > 0, 0)) {
        end_dying(state->current_frame);
    }
    return state->current_frame;
}

static inline int
unit_of(PyObject *offset)
{
    return (int)(_PyLong_CompactValue((PyLongObject *)offset) / 2);
}

/* The activation of the running frame, NULL where it is none of the record's. */
static inline frame *
running(PyObject *code)
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
    if (p == NULL && is_traced_code(code)) {
        p = make_plan(code);
        if (p != NULL && !watch_code(code)) {
            fault("events could not be switched on");
        }
    }
    return p;
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

CALLBACK(on_start)
{
    PyThreadState *state = heard();
    if (state == NULL || count < 2) {
        Py_RETURN_NONE;
    }
    plan *p = plan_for(args[0]);
    if (p == NULL) {
        return Py_NewRef(disable);
    }
    iframe *f = current(state);
    check_point(NULL, f, true);
    frame *fr = start(f, p);
    if (fr != NULL) {
        frame_enter(fr);
        write_start(EV_CALL, fr, unit_of(args[1]), true);
    }
    Py_RETURN_NONE;
}

static void
resume(PyThreadState *state, plan *p, int unit)
{
    iframe *f = current(state);
    check_point(NULL, f, true);
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

CALLBACK(on_resume)
{
    PyThreadState *state = heard();
    if (state == NULL || count < 2) {
        Py_RETURN_NONE;
    }
    plan *p = plan_for(args[0]);
    if (p == NULL) {
        return Py_NewRef(disable);
    }
    resume(state, p, unit_of(args[1]));
    Py_RETURN_NONE;
}

CALLBACK(on_throw)
{
    PyThreadState *state = heard();
    plan *p = state != NULL && count >= 3 ? plan_for(args[0]) : NULL;
    if (p != NULL) {
        resume(state, p, unit_of(args[1]));
    }
    Py_RETURN_NONE;
}

CALLBACK(on_return)
{
    frame *fr = count < 3 ? NULL : running(args[0]);
    if (fr != NULL) {
        check_point(fr, fr->f, false);
        write_event(EV_RETURN, fr, unit_of(args[1]), args[2]);
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

CALLBACK(on_yield)
{
    frame *fr = count < 3 ? NULL : running(args[0]);
    if (fr != NULL) {
        check_point(fr, fr->f, false);
        write_event(EV_YIELD, fr, unit_of(args[1]), yielded(args[2]));
        frame_leave(fr);
    }
    Py_RETURN_NONE;
}

CALLBACK(on_unwind)
{
    frame *fr = count < 3 ? NULL : running(args[0]);
    if (fr != NULL) {
        check_point(fr, fr->f, false);
        write_event(EV_UNWIND, fr, unit_of(args[1]), args[2]);
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

CALLBACK(on_raise)
{
    frame *fr = count < 3 ? NULL : running(args[0]);
    if (fr != NULL) {
        check_point(fr, fr->f, false);
        if (!is_consumed(fr->p, unit_of(args[1]), args[2])) {
            write_event(EV_RAISE, fr, unit_of(args[1]), args[2]);
        }
    }
    Py_RETURN_NONE;
}

CALLBACK(on_reraise)
{
    frame *fr = count < 3 ? NULL : running(args[0]);
    if (fr != NULL) {
        check_point(fr, fr->f, false);
        if (fr->p->op[unit_of(args[1])] == RAISE_VARARGS) {
            write_event(EV_RAISE, fr, unit_of(args[1]), args[2]);
        }
    }
    Py_RETURN_NONE;
}

CALLBACK(on_handled)
{
    frame *fr = count < 3 ? NULL : running(args[0]);
    if (fr != NULL) {
        check_point(fr, fr->f, false);
        if (fr->p->op[unit_of(args[1])] == PUSH_EXC_INFO) {
            write_event(EV_HANDLED, fr, unit_of(args[1]), args[2]);
        }
    }
    Py_RETURN_NONE;
}

CALLBACK(on_line)
{
    frame *fr = count < 2 ? NULL : running(args[0]);
    if (fr != NULL) {
        int unit = (int)((const _Py_CODEUNIT *)fr->f->instr_ptr - fr->p->first);
        if (unit > fr->p->prologue_end) {
            check_point(fr, fr->f, false);
            write_line(fr, unit);
        }
    }
    Py_RETURN_NONE;
}

/* A jump leads to one place: where that is no earlier one of its line, it is never an event. */
static bool
is_loop_on_line(const plan *p, int unit, int target)
{
    return target <= unit && p->line[unit] != 0 && p->line[unit] == p->line[target];
}

CALLBACK(on_jump)
{
    frame *fr = count < 3 ? NULL : running(args[0]);
    if (fr != NULL) {
        int unit = unit_of(args[1]);
        if (!is_loop_on_line(fr->p, unit, unit_of(args[2]))) {
            return Py_NewRef(disable);
        }
        check_point(fr, fr->f, false);
        write_line(fr, unit);
    }
    Py_RETURN_NONE;
}

/* A call of a traced function changes nothing by itself, and is not listed. */
static bool
calls_traced(const frame *fr, int unit)
{
    const plan *p = fr->p;
    PyObject *const *stack = fr->f->localsplus + p->code->co_nlocalsplus;
    PyObject *callee = stack[p->depth[unit] - 2 - p->arg[unit]];
    return callee != NULL && PyFunction_Check(callee)
        && find_plan(((PyFunctionObject *)callee)->func_code) != NULL;
}

CALLBACK(on_instruction)
{
    frame *fr = count < 2 ? NULL : running(args[0]);
    if (fr == NULL) {
        Py_RETURN_NONE;
    }
    int unit = unit_of(args[1]);
    plan *p = fr->p;
    int act = p->act[unit];
    if (act == ACT_SKIP) {
        Py_RETURN_NONE;
    }
    check_point(fr, fr->f, false);
    fr->told_unit = unit;
    if (T.granularity == GRAN_INSTRUCTION) {
        write_instruction(fr, unit);
    }
    if (act == ACT_CALL) {
        if (p->op[unit] == CALL && calls_traced(fr, unit)) {
            Py_RETURN_NONE;
        }
        note_call(fr, unit);
    } else if (act == ACT_ORDER) {
        note_order(fr, unit);
    }
    if (!T.is_exact) {
        Py_RETURN_NONE;
    }
    bool is_benign = p->benign[unit];
    if (!is_benign && (expect_effects(fr, unit) || act == ACT_ORDER || !may_switch_off(p, unit))) {
        Py_RETURN_NONE;
    }
    p->benign[unit] = 1;
    if (T.granularity == GRAN_INSTRUCTION) {
        Py_RETURN_NONE;
    }
    return Py_NewRef(disable);
}

#define METHOD(name, function) {name, (PyCFunction)(void (*)(void))function, METH_FASTCALL, NULL}
PyMethodDef monitor_methods[] = {
    METHOD("PY_START", on_start),
    METHOD("PY_RESUME", on_resume),
    METHOD("PY_THROW", on_throw),
    METHOD("PY_RETURN", on_return),
    METHOD("PY_YIELD", on_yield),
    METHOD("PY_UNWIND", on_unwind),
    METHOD("RAISE", on_raise),
    METHOD("RERAISE", on_reraise),
    METHOD("EXCEPTION_HANDLED", on_handled),
    METHOD("LINE", on_line),
    METHOD("JUMP", on_jump),
    METHOD("INSTRUCTION", on_instruction),
    {NULL, NULL, 0, NULL},
};

void
monitor_init(PyObject *disable_object)
{
    disable = Py_NewRef(disable_object);
}
