/* Events: what they refer to is met in the fixed order of §4, and each is written as one record (§9.2). A part is written
 * as soon as what stands before it in the record is known. */
#include "core.h"
#include "core_iter.h"
#include "core_names.h"

/* Flags of the sections, beside those of core_names.h. */
enum {
    FLAG_PLACE = 1,
    FLAG_HEAP = 8,
    FLAG_STACK = 16,
    FLAG_ITERS = 32,
    FLAG_OPAQUE = 64,
    FLAG_THREAD = 128,
};
/* Most bytes of an object as a value. */
#define NUMBER_BYTES 11
/* Iterators that moved and values of a stack that are written without asking for room. */
#define FEW 16

/* Takes the operand stack as it is from place i on; returns how many bottom values are as last written. */
static int
stack_take(frame *fr, int i, int n)
{
    val *known = fr->stack;
    PyObject *const *now = fr->f->localsplus + fr->p->n_slots;
    int old_n = fr->n_stack, differs = -1, both = Py_MIN(n, old_n);
    for (; i < both; i++) {
        val old = known[i];
        if (val_is(old, now[i])) {
            continue;
        }
        known[i] = meet(now[i], 1);
        if (differs < 0 && !val_equal(old, known[i])) {
            differs = i;
        }
        val_drop(old);
    }
    differs = differs < 0 && old_n != n ? both : differs;
    for (; i < n; i++) {
        known[i] = meet(now[i], 1);
    }
    for (; i < old_n; i++) {
        val_drop(known[i]);
    }
    fr->n_stack = n;
    return differs;
}

/* Takes the operand stack; returns how many bottom values are as last written, -1 where all are. */
static inline int
stack_look(frame *fr, int n)
{
    int i = 0, both = Py_MIN(n, fr->n_stack);
    PyObject *const *now = fr->f->localsplus + fr->p->n_slots;
    while (i < both && val_is(fr->stack[i], now[i])) {
        i++;
    }
    return i == n && n == fr->n_stack ? -1 : stack_take(fr, i, n);
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
put_opaque(frame *fr)
{
    put_uint((uint64_t)fr->opaque.n);
    for (Py_ssize_t i = 0; i < fr->opaque.n; i++) {
        put_callee((PyObject *)fr->opaque.at[i]);
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

/* The texts of an instruction for the first time; their bytes are kept where they were short. */
static void
put_new_texts(const plan *p, int unit)
{
    PyObject *op = op_text(p, unit), *arg = arg_text(p, unit);
    if (op == NULL || arg == NULL) {
        Py_XDECREF(op);
        Py_XDECREF(arg);
        fault("out of memory");
        return;
    }
    bool has_arg = arg != Py_None;
    uint32_t op_k = put_str(op), arg_k = 0;
    put_u8(has_arg);
    if (has_arg) {
        arg_k = put_str(arg);
    }
    if (op_k != 0 && (arg_k != 0 || !has_arg)) {
        uint8_t bytes[16] = {0};
        uint8_t *at = raw_uint(bytes, op_k);
        *at++ = has_arg;
        at = has_arg ? raw_uint(at, arg_k) : at;
        bytes[7] = (uint8_t)(at - bytes);
        memcpy(&p->op_bytes[unit], bytes, 8);
    }
    Py_DECREF(op);
    Py_DECREF(arg);
}

static inline uint8_t *
put_texts(const plan *p, int unit, uint8_t *at)
{
    uint64_t known = p->op_bytes[unit];
    if (__builtin_expect(known == 0, 0)) {
        T.at = at;
        put_new_texts(p, unit);
        room(RECORD_ROOM);
        return T.at;
    }
    memcpy(at, &known, 8);
    return at + (known >> 56);
}

/* Whether meeting it gives it a number, and so must wait for its turn. */
static bool
is_unmet(PyObject *v)
{
    return T.limits.depth > 0 && !is_inline(v) && find_obj(v) == NULL;
}

/* Whether the budget has room for one more. */
static inline bool
spend_event(void)
{
    if (__builtin_expect(T.events_left == 0, 0)) {
        stop_with(STOP_EVENTS);
        return false;
    }
    T.events_left--;
    return true;
}

static __attribute__((noinline)) uint8_t *
put_place(uint8_t *at, frame *fr)
{
    if ((int32_t)fr->number != T.last_frame || fr->depth != T.last_depth) {
        T.record[1] = FLAG_PLACE;
        at = raw_sint(at, (int64_t)fr->number - T.last_frame);
        at = raw_sint(at, (int64_t)fr->depth - T.last_depth);
    }
    T.last_frame = (int32_t)fr->number;
    T.last_depth = fr->depth;
    T.told = fr;
    return at;
}

/* Kind, a place for flags, and where it happens. */
static inline __attribute__((always_inline)) uint8_t *
put_head(int kind, frame *fr, int unit)
{
    uint8_t *at = T.record + 2;
    at[-2] = (uint8_t)kind;
    at[-1] = 0;
    if (__builtin_expect(T.told != fr, 0)) {
        at = put_place(at, fr);
    }
    int line = fr->p->line[unit];
    line = line != 0 ? line : fr->line;
    at = raw_sint(at, (int64_t)line - T.last_line);
    T.last_line = line;
    fr->line = line;
    if (__builtin_expect(T.thread != 1, 0) && thread_number() != 1) {
        T.record[1] |= FLAG_THREAD;
        at = raw_uint(at, (uint64_t)T.thread);
    }
    return at;
}

static __attribute__((noinline)) uint8_t *
put_globals(uint8_t *at)
{
    T.at = at;
    T.record[1] |= (uint8_t)put_changed_globals();
    define_waiting();
    room(RECORD_ROOM);
    return T.at;
}

/* Names and then globals. */
static inline __attribute__((always_inline)) uint8_t *
put_state(frame *fr, int unit, uint8_t *at)
{
    ptrdiff_t before = at - T.record;
    at = put_names(fr, unit, at);
    if (at - T.record > before) {
        T.record[1] |= FLAG_NAMES;
        define_waiting();
    }
    if (__builtin_expect(dict_version(T.globals) != T.globals_version, 0)) {
        at = put_globals(at);
    }
    return at;
}

/* All that follows names and globals, in the general form. */
static __attribute__((noinline)) void
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
    if (fr->opaque.n > 0) {
        T.record[1] |= FLAG_OPAQUE;
        put_opaque(fr);
    }
    stream_commit();
}

/* Values on top of the stack, few of them. */
static inline uint8_t *
put_top(const frame *fr, int kept, uint8_t *at)
{
    T.record[1] |= FLAG_STACK;
    at = raw_uint(raw_uint(at, (uint64_t)kept), (uint64_t)(fr->n_stack - kept));
    for (int i = kept; i < fr->n_stack; i++) {
        val v = fr->stack[i];
        if ((v & VAL_TAG) == VAL_INT) {
            at = raw_small(at, val_int(v));
        } else if ((v & VAL_TAG) == VAL_OBJ) {
            *at = 0x09;
            at = raw_uint(at + 1, val_obj(v)->id);
        } else {
            T.at = at;
            put_other(v);
            room(RECORD_ROOM);
            at = T.at;
        }
    }
    return at;
}

static __attribute__((noinline)) uint8_t *
put_changes_of_objects(uint8_t *at)
{
    T.at = at;
    T.record[1] |= FLAG_HEAP;
    put_heap();
    room(RECORD_ROOM);
    return T.at;
}

/* All that follows names and globals; `kept` as stack_look() has it. */
static inline __attribute__((always_inline)) void
finish(frame *fr, int kept, uint8_t *at)
{
    int moved = T.n_iters > 0 ? iters_moved() : 0;
    if (__builtin_expect(T.can_wait || moved < 0 || moved > FEW || fr->n_stack - kept > FEW || fr->opaque.n > 0, 0)) {
        T.at = at;
        finish_long(fr, kept);
        return;
    }
    if (T.n_touched > 0) {
        at = put_changes_of_objects(at);
    }
    if (kept >= 0) {
        at = put_top(fr, kept, at);
    }
    if (moved > 0) {
        T.record[1] |= FLAG_ITERS;
        at = put_moved(at, moved);
    }
    T.at = at;
    stream_commit();
}

/* Before the line at `unit` runs. */
void
write_line(frame *fr, int unit)
{
    if (!spend_event()) {
        return;
    }
    const plan *p = fr->p;
    uint8_t *at = put_state(fr, unit, put_head(EV_LINE, fr, unit));
    fr->may_store = (T.granularity == GRAN_LINE ? p->line_stores : p->unit_stores)[unit];
    int kept = stack_look(fr, p->depth[unit]);
    finish(fr, kept, at);
}

/* Before the instruction at `unit` runs. */
void
write_instruction(frame *fr, int unit)
{
    if (!spend_event()) {
        return;
    }
    const plan *p = fr->p;
    uint8_t *at = put_state(fr, unit, put_texts(p, unit, put_head(EV_INSTRUCTION, fr, unit)));
    fr->may_store = p->unit_stores[unit];
    int kept = stack_look(fr, p->depth[unit]);
    finish(fr, kept, at);
}

/* An activation begins or goes on. */
void
write_start(int kind, frame *fr, int unit, bool named)
{
    if (!spend_event()) {
        return;
    }
    T.at = put_head(kind, fr, unit);
    if (kind == EV_RESUME) {
        put_u8(named);
    }
    if (named) {
        put_cached(fr->p->code->co_qualname, &fr->p->qualname_k);
    }
    if (kind == EV_CALL) {
        put_uint(fr->caller);
    }
    room(RECORD_ROOM);
    uint8_t *at = put_state(fr, unit, T.at);
    fr->may_store = fr->p->all;
    finish(fr, -1, at);
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
    if (!spend_event()) {
        return;
    }
    T.at = put_head(kind, fr, unit);
    ptrdiff_t place = T.at - T.record;
    bool is_late = (kind == EV_RETURN || kind == EV_YIELD) && is_unmet(payload);
    if (is_late) {
        T.at += NUMBER_BYTES;
    } else {
        val value = meet(payload, 1);
        define_waiting();
        put_val(value);
        val_drop(value);
    }
    room(RECORD_ROOM);
    uint8_t *at = put_state(fr, unit, T.at);
    fr->may_store = fr->p->all;
    int kept = -1;
    if (kind == EV_YIELD) {
        kept = stack_look(fr, fr->p->depth[unit] > 0 ? fr->p->depth[unit] - 1 : 0);
        define_waiting();
    }
    if (is_late) {
        put_late(payload, place, at - T.record);
        at = T.at;
    }
    finish(fr, kept, at);
}
