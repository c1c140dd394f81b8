/* Events of calls, returns and exceptions, and what is not on the common path of any event. */
#include "core.h"
#include "core_event.h"

/* Most bytes of an object as a value. */
#define NUMBER_BYTES 11

/* meet(), with what is looked up oftenest first: numbered objects are of types with garbage collection, scalars are not.
 * A numbered tuple may have become one of scalars alone, since iterators use theirs again. */
val
stack_meet_other(PyObject *v)
{
    if (v == NULL) {
        return 0;
    }
    PyTypeObject *type = Py_TYPE(v);
    if (type == &PyUnicode_Type) {
        return meet_string(v);
    }
    if (PyType_IS_GC(type) && type != &PyTuple_Type) {
        obj *o = find_obj(v);
        if (o != NULL) {
            o->refs++;
            return (val)o | VAL_OBJ;
        }
    }
    /* They live for ever. */
    return v == Py_True || v == Py_False || v == Py_None ? (val)v : meet(v, 1);
}

/* Takes the operand stack as it is from place i on; returns how many bottom values are as last written, -1 where all
 * are. */
int
stack_take(frame *fr, int i, int n)
{
    val *known = fr->stack;
    PyObject *const *now = fr->operands;
    int old_n = fr->n_stack, differs = -1, both = Py_MIN(n, old_n);
    for (; i < both; i++) {
        val old = known[i];
        if (val_is(old, now[i])) {
            continue;
        }
        val next = stack_meet(now[i]);
        known[i] = next;
        if (differs < 0 && !val_equal(old, next)) {
            differs = i;
        }
        stack_drop(old);
    }
    differs = differs < 0 && old_n != n ? both : differs;
    for (i = both; i < n; i++) {
        known[i] = stack_meet(now[i]);
    }
    for (i = both; i < old_n; i++) {
        stack_drop(known[i]);
    }
    fr->n_stack = n;
    return differs;
}

static inline void
put_stack(const frame *fr, int kept)
{
    room(20);
    T.at = raw_uint(raw_uint(T.at, (uint64_t)kept), (uint64_t)(fr->n_stack - kept));
    for (int i = kept; i < fr->n_stack; i++) {
        put_val(fr->stack[i]);
    }
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

/* Whether meeting it gives it a number, and so must wait for its turn. */
static bool
is_unmet(PyObject *v)
{
    return !Py_IS_TYPE(v, &PyLong_Type) && T.limits.depth > 0 && !is_inline(v) && find_obj(v) == NULL;
}

void
write_place(frame *fr)
{
    if ((int32_t)fr->number != T.last_frame || fr->depth != T.last_depth) {
        T.record[1] |= FLAG_PLACE;
        T.at = raw_sint(T.at, (int64_t)fr->number - T.last_frame);
        T.at = raw_sint(T.at, (int64_t)fr->depth - T.last_depth);
    }
    T.last_frame = (int32_t)fr->number;
    T.last_depth = fr->depth;
    T.told = fr;
    if (T.thread != 1 && thread_number() != 1) {
        /* Each event of another thread comes here. */
        T.told = NULL;
        T.record[1] |= FLAG_THREAD;
    }
}

void
write_globals(void)
{
    T.record[1] |= (uint8_t)put_changed_globals();
    define_waiting();
}

/* What this frame called. */
void
finish_rest(frame *fr)
{
    T.record[1] |= FLAG_OPAQUE;
    put_callees(fr);
    stream_commit();
}

/* All that follows names and globals, in the general form. */
void
finish_long(frame *fr, int kept)
{
    define_waiting();
    Py_ssize_t n_news = T.n_iters > 0 ? iters_look() : 0;
    if (T.n_touched > 0) {
        T.record[1] |= FLAG_HEAP;
        put_heap();
    }
    if (kept >= 0) {
        T.record[1] |= FLAG_STACK;
        put_stack(fr, kept);
    }
    if (n_news > 0) {
        T.record[1] |= FLAG_ITERS;
        put_iters();
    }
    if (fr->n_opaque > 0) {
        finish_rest(fr);
    } else {
        stream_commit();
    }
}

/* What follows names and globals where it is more than some values on the stack. */
void
finish_some(frame *fr, int kept, uint64_t moved)
{
    /* Where values of the stack are as last written, `kept` is below its size. */
    bool is_large = fr->p->is_deep && kept >= 0 && (kept > STACK_SHORT || fr->n_stack - kept > STACK_FEW);
    if (__builtin_expect(T.can_wait | ((int64_t)moved < 0) | is_large, 0)) {
        finish_long(fr, kept);
        return;
    }
    struct pen w = {.at = T.at, .flags = T.record[1]};
    if (T.n_touched > 0) {
        T.record[1] |= FLAG_HEAP;
        put_heap();
        pen_back(&w);
    }
    if (kept >= 0) {
        write_top(fr, kept, &w);
    }
    if (moved != 0) {
        w.flags |= FLAG_ITERS;
        w.at = put_moved(w.at, moved);
    }
    pen_lend(&w);
    if (fr->n_opaque > 0) {
        finish_rest(fr);
    } else {
        stream_commit();
    }
}

/* An activation begins or goes on. */
void
write_start(int kind, frame *fr, int unit, bool named)
{
    struct pen w;
    if (!write_head(kind, fr, &fr->p->places[unit], &w)) {
        return;
    }
    pen_lend(&w);
    if (kind == EV_RESUME) {
        put_u8(named);
    }
    if (named) {
        put_cached(fr->p->code->co_qualname, &fr->p->qualname_k);
    }
    if (kind == EV_CALL) {
        put_uint(fr->caller);
    }
    pen_back(&w);
    write_state(fr, unit, false, &w);
    fr->since = kind == EV_CALL ? &fr->p->begun : &fr->p->anything;
    write_rest(fr, -1, false, &w);
}

/* The value of a return or yield, for which a place was left before names and globals, which end at `end`. */
static void
put_late(PyObject *payload, ptrdiff_t place, ptrdiff_t end)
{
    val value = meet(payload, 1);
    define_waiting();
    T.at = T.record + place;
    put_val(value);
    val_drop(value);
    ptrdiff_t from = place + NUMBER_BYTES;
    memmove(T.at, T.record + from, (size_t)(end - from));
    T.at += end - from;
}

/* An event with a value: return, yield, raise, handled, unwind. */
void
write_event(int kind, frame *fr, int unit, PyObject *payload)
{
    struct pen w;
    if (!write_head(kind, fr, &fr->p->places[unit], &w)) {
        return;
    }
    ptrdiff_t place = w.at - T.record;
    bool is_late = (kind == EV_RETURN || kind == EV_YIELD) && is_unmet(payload);
    if (is_late) {
        w.at += NUMBER_BYTES;
    } else {
        pen_lend(&w);
        val value = meet(payload, 1);
        define_waiting();
        put_val(value);
        val_drop(value);
        pen_back(&w);
    }
    write_state(fr, unit, false, &w);
    fr->since = &fr->p->anything;
    int kept = -1;
    if (kind == EV_YIELD || is_late) {
        pen_lend(&w);
        if (kind == EV_YIELD) {
            kept = stack_look(fr, 0, fr->p->depth[unit] > 0 ? fr->p->depth[unit] - 1 : 0);
            define_waiting();
        }
        if (is_late) {
            put_late(payload, place, w.at - T.record);
        }
        pen_back(&w);
    }
    write_rest(fr, kept, false, &w);
}
