/* Who speaks when the interpreter calls a callback, and which activation it speaks of. */
#ifndef TRACEMILL_CORE_HEARD_H
#define TRACEMILL_CORE_HEARD_H

#pragma GCC visibility push(hidden)
/* The interpreter calls these functions directly, not through those that builtin functions share: nothing between can
 * fail in the middle of the program, and an event costs 30 instructions less. */
#define CALLBACK(name)                                                                               \
    PyObject *name(PyObject *Py_UNUSED(self), PyObject *const *args, size_t nargsf,                  \
                   PyObject *Py_UNUSED(names))

/* How many arguments there are: no callback has so many that the flag of vector calls matters. */
static inline int
count_of(size_t nargsf)
{
    return (int)(uint32_t)nargsf;
}

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

/* The first one where there is no such unit: the program had our callback told of events of another kind. */
static inline int
unit_of(const plan *p, PyObject *offset)
{
    int unit = (int)(((PyLongObject *)offset)->long_value.ob_digit[0] / 2);
    if (__builtin_expect(unit >= p->n_units, 0)) {
        T.tampered = true;
        return 0;
    }
    return unit;
}

/* core_monitor.c: the rest of running() */
frame *running_other(PyObject *code);

/* The activation of the running frame, NULL where it is none of the record's. */
static inline frame *
running(PyObject *code)
{
    if (__builtin_expect(__builtin_thread_pointer() == T.here && T.n_dying == 0 && T.top != NULL, 1)) {
        const PyThreadState *state = T.home_state;
        frame *fr = T.top;
        if (__builtin_expect(state->tracing != 0 && state->current_frame == fr->f && (PyObject *)fr->p->code == code, 1)) {
            return fr;
        }
    }
    return running_other(code);
}

#pragma GCC visibility pop
#endif
