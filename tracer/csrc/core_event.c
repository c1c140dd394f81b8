/* Events: what they refer to is met in the fixed order of §4, then each is written as one record (§9.2). */
#include "core.h"

enum {
    FLAG_PLACE = 1,
    FLAG_NAMES = 2,
    FLAG_GLOBALS = 4,
    FLAG_HEAP = 8,
    FLAG_STACK = 16,
    FLAG_ITERS = 32,
    FLAG_OPAQUE = 64,
    FLAG_THREAD = 128,
};

/* Takes the operand stack as it is; returns how many bottom values are as last written, -1 where all are. */
static Py_ssize_t
stack_look(frame *fr, Py_ssize_t n)
{
    vec *known = &fr->stack;
    PyObject *const *now = fr->f->localsplus + fr->p->code->co_nlocalsplus;
    Py_ssize_t old_n = known->n, differs = -1;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (i < old_n && val_is(known->at[i], now[i])) {
            continue;
        }
        val v = meet(now[i], 1);
        if (i >= old_n) {
            differs = differs < 0 ? i : differs;
            vec_add(known, v);
            continue;
        }
        if (differs < 0 && !val_equal(known->at[i], v)) {
            differs = i;
        }
        val_drop(known->at[i]);
        known->at[i] = v;
    }
    while (known->n > n) {
        val_drop(known->at[--known->n]);
    }
    return differs >= 0 ? differs : old_n != n ? n : -1;
}

static void
put_stack(const frame *fr, Py_ssize_t kept)
{
    put_uint((uint64_t)kept);
    put_uint((uint64_t)(fr->stack.n - kept));
    for (Py_ssize_t i = kept; i < fr->stack.n; i++) {
        put_val(fr->stack.at[i]);
    }
}

static void
put_opaque(frame *fr)
{
    put_uint((uint64_t)fr->opaque.n);
    for (Py_ssize_t i = 0; i < fr->opaque.n; i++) {
        put_str((PyObject *)fr->opaque.at[i]);
        val_drop(fr->opaque.at[i]);
    }
    fr->opaque.n = 0;
}

static void
put_cached(PyObject *text, uint32_t *k)
{
    if (*k != 0) {
        put_uint(*k);
    } else {
        *k = put_str(text);
    }
}

static void
put_instruction(const plan *p, int unit)
{
    put_cached(PyTuple_GET_ITEM(p->op_texts, unit), &p->op_k[unit]);
    PyObject *arg = PyTuple_GET_ITEM(p->arg_texts, unit);
    put_u8(arg != Py_None);
    if (arg != Py_None) {
        put_cached(arg, &p->arg_k[unit]);
    }
}

static void
put_specific(int kind, frame *fr, int unit, val payload, bool named)
{
    plan *p = fr->p;
    if (kind == EV_CALL) {
        put_cached(p->code->co_qualname, &p->qualname_k);
        put_uint(fr->caller);
    } else if (kind == EV_INSTRUCTION) {
        put_instruction(p, unit);
    } else if (kind == EV_RESUME) {
        put_u8(named);
        if (named) {
            put_cached(p->code->co_qualname, &p->qualname_k);
        }
    } else if (kind != EV_LINE) {
        put_val(payload);
    }
}

static void
put_head(int kind, unsigned flags, const frame *fr, int line)
{
    room(60);
    uint8_t *at = T.at;
    *at++ = (uint8_t)kind;
    *at++ = (uint8_t)flags;
    if (flags & FLAG_PLACE) {
        at = raw_sint(at, (int64_t)fr->number - T.last_frame);
        at = raw_sint(at, (int64_t)fr->depth - T.last_depth);
        T.last_frame = (int32_t)fr->number;
        T.last_depth = fr->depth;
    }
    at = raw_sint(at, (int64_t)line - T.last_line);
    T.last_line = line;
    T.at = flags & FLAG_THREAD ? raw_uint(at, (uint64_t)T.thread) : at;
}

/* Whether the budget has room for one more; event 0 is free. */
static bool
spend_event(void)
{
    if (T.n_events > T.limits.events) {
        stop_with(STOP_EVENTS);
        return false;
    }
    T.n_events++;
    return true;
}

/* Writes one event of an activation, whose next or present instruction is at `unit`. */
void
write_event(int kind, frame *fr, int unit, PyObject *payload, bool named)
{
    if (!spend_event()) {
        return;
    }
    const plan *p = fr->p;
    fr->line = p->line[unit] != 0 ? p->line[unit] : fr->line;
    unsigned flags = T.thread == 1 || thread_number() == 1 ? 0 : FLAG_THREAD;
    val value = 0;
    Py_ssize_t kept = -1;
    if (kind >= EV_RAISE) {
        value = meet(payload, 1);
        define_waiting();
    }
    if (fr->is_clean) {
        names_skip();
    } else {
        names_look(fr, unit);
        define_waiting();
    }
    fr->is_clean = T.granularity == GRAN_INSTRUCTION
        && (kind == EV_LINE || (kind == EV_INSTRUCTION && p->keeps[unit]));
    bool globals_differ = dict_version(T.globals) != T.globals_version;
    if (globals_differ) {
        globals_compare();
        define_waiting();
    }
    if (kind == EV_LINE || kind == EV_INSTRUCTION || kind == EV_YIELD) {
        Py_ssize_t n = p->depth[unit] - (kind == EV_YIELD);
        kept = stack_look(fr, n < 0 ? 0 : n);
        define_waiting();
    }
    if (kind == EV_RETURN || kind == EV_YIELD) {
        value = meet(payload, 1);
        define_waiting();
    }
    flags |= T.n_iters > 0 && iters_look() > 0 ? FLAG_ITERS : 0;
    flags |= (int32_t)fr->number != T.last_frame || fr->depth != T.last_depth ? FLAG_PLACE : 0;
    flags |= names_changed() > 0 ? FLAG_NAMES : 0;
    flags |= globals_differ && globals_changed() > 0 ? FLAG_GLOBALS : 0;
    flags |= T.n_touched > 0 ? FLAG_HEAP : 0;
    flags |= kept >= 0 ? FLAG_STACK : 0;
    flags |= fr->opaque.n > 0 ? FLAG_OPAQUE : 0;
    put_head(kind, flags, fr, fr->line);
    put_specific(kind, fr, unit, value, named);
    val_drop(value);
    if (flags & FLAG_NAMES) {
        put_names();
    }
    if (flags & FLAG_GLOBALS) {
        put_globals();
    }
    if (flags & FLAG_HEAP) {
        put_heap();
    }
    if (flags & FLAG_STACK) {
        put_stack(fr, kept);
    }
    if (flags & FLAG_ITERS) {
        put_iters();
    }
    if (flags & FLAG_OPAQUE) {
        put_opaque(fr);
    }
    stream_commit();
}
