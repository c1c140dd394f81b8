/* How an event is written, as far as nearly every event needs it: what lines, instructions, calls and returns share. What
 * an event refers to is met in the fixed order of §4 of the format, and each event is one record (§9.2). A part is written
 * as soon as what stands before it in the record is known. */
#ifndef TRACEMILL_CORE_EVENT_H
#define TRACEMILL_CORE_EVENT_H

#include "core_iter.h"
#include "core_names.h"

#pragma GCC visibility push(hidden)

/* Flags of the sections, beside those of core_names.h. */
enum {
    FLAG_PLACE = 1,
    FLAG_HEAP = 8,
    FLAG_STACK = 16,
    FLAG_ITERS = 32,
    FLAG_OPAQUE = 64,
    FLAG_THREAD = 128,
};
/* Places on an operand stack whose numbers take one byte. */
#define STACK_SHORT 100

/* core_event.c: what is not on the common path, for which the pen is lent to T. */
void write_place(frame *fr);
void write_globals(void);
void finish_long(frame *fr, int kept);
void finish_rest(frame *fr);
int stack_take(frame *fr, int i, int n);
val stack_meet_other(PyObject *v);
void finish_some(frame *fr, int kept, uint64_t moved);

/* What the record that is being written holds so far: up to where, and which sections. */
struct pen {
    uint8_t *at;
    unsigned flags;
};

static inline void
pen_lend(const struct pen *w)
{
    T.at = w->at;
    T.record[1] = (uint8_t)w->flags;
}

static inline void
pen_back(struct pen *w)
{
    room(RECORD_ROOM);
    w->at = T.at;
    w->flags = T.record[1];
}

/* Begins the record of an event: its kind, a place for flags, and where it happens. False where the budget has no room
 * for one more. */
static inline __attribute__((always_inline)) bool
write_head(int kind, frame *fr, const struct place *place, struct pen *w)
{
    uint8_t *record = T.record;
    int line = place->line;
    if (__builtin_expect(T.events_left == 0, 0)) {
        stop_with(STOP_EVENTS);
        return false;
    }
    T.events_left--;
    line = __builtin_expect(line != 0, 1) ? line : fr->line;
    int step = line - T.last_line;
    T.last_line = line;
    fr->line = line;
    record[0] = (uint8_t)kind;
    if (__builtin_expect(T.told == fr && (unsigned)step + 64 < 128, 1)) {
        record[2] = (uint8_t)((unsigned)step << 1 ^ (unsigned)(step >> 31));
        *w = (struct pen){.at = record + 3};
        return true;
    }
    *w = (struct pen){.at = record + 2};
    if (T.told != fr) {
        pen_lend(w);
        write_place(fr);
        w->at = T.at;
        w->flags = record[1];
    }
    w->at = raw_sint(w->at, step);
    if (__builtin_expect(w->flags & FLAG_THREAD, 0)) {
        w->at = raw_uint(w->at, (uint64_t)T.thread);
    }
    return true;
}

/* Writes names, and then globals, which are as they were where the frame `is_calm`. */
static inline __attribute__((always_inline)) void
write_state(frame *fr, int unit, bool is_calm, struct pen *w)
{
    uint8_t *record = T.record;
    ptrdiff_t before = w->at - record;
    uint8_t *at = put_names(fr, unit, w->at);
    if (at != w->at) {
        /* Where the record moved aside it may be without any. */
        w->flags |= T.record == record || at - T.record > before ? FLAG_NAMES : 0;
        w->at = at;
    }
    bool has_other_globals = !is_calm && dict_version(T.globals) != T.globals_version;
    if (__builtin_expect(T.can_wait | has_other_globals, 0)) {
        pen_lend(w);
        define_waiting();
        if (has_other_globals) {
            write_globals();
        }
        pen_back(w);
    }
}

static inline val
stack_meet(PyObject *v)
{
    int64_t n;
    return read_exact_int(v, &n) ? int_val(n) : stack_meet_other(v);
}

static inline void
stack_drop(val v)
{
    if (is_by_value(v)) {
        return;
    }
    if ((v & VAL_TAG) == VAL_OBJ) {
        release_obj(val_obj(v));
    } else if ((v & VAL_TAG) == VAL_HELD) {
        Py_XDECREF((PyObject *)v);
    } else {
        val_drop(v);
    }
}

/* Takes the operand stack, of whose values so many from below were not touched; returns how many bottom values are as
 * last written, -1 where all are. */
static inline __attribute__((always_inline)) int
stack_look(frame *fr, int untouched, int n)
{
    int old_n = fr->n_stack;
    if (untouched >= n && n == old_n) {
        return -1;
    }
    val *known = fr->stack;
    if (n == old_n + 1 && untouched >= old_n) {
        fr->n_stack = n;
        known[old_n] = stack_meet(fr->operands[old_n]);
        return old_n;
    }
    if (n > old_n || untouched < n - 1) {
        return stack_take(fr, untouched, n);
    }
    /* Operands are gone, and perhaps what was made of them stands in the place of the lowest. */
    int differs = n == old_n ? -1 : n;
    fr->n_stack = n;
    if (untouched < n) {
        val old = known[n - 1];
        PyObject *v = fr->operands[n - 1];
        /* What is known by its value is looked up once. */
        if (is_by_value(old) || !val_is(old, v)) {
            val next = stack_meet(v);
            known[n - 1] = next;
            differs = val_equal(old, next) ? differs : n - 1;
            stack_drop(old);
        }
    }
    for (int i = n; i < old_n; i++) {
        stack_drop(known[i]);
    }
    return differs;
}

/* Values on top of the stack, few of them. */
static inline __attribute__((always_inline)) void
write_top(const frame *fr, int kept, struct pen *w)
{
    int n = fr->n_stack - kept;
    const val *known = fr->stack + kept;
    w->flags |= FLAG_STACK;
    /* Both are below 128. */
    w->at[0] = (uint8_t)kept;
    w->at[1] = (uint8_t)n;
    w->at += 2;
    for (; n > 0; n--, known++) {
        uint8_t *at = raw_few(w->at, *known);
        if (__builtin_expect(at != NULL, 1)) {
            w->at = at;
        } else {
            pen_lend(w);
            put_other(*known);
            pen_back(w);
        }
    }
}

/* Ends the record: what follows names and globals; `kept` as stack_look() has it. No iterator moved where the frame
 * `is_calm`. */
static inline __attribute__((always_inline)) void
write_rest(frame *fr, int kept, bool is_calm, struct pen *w)
{
    uint64_t moved = is_calm || T.moving_bits == 0 ? 0 : iters_moved();
    uint64_t other = (uint64_t)T.n_touched | (moved & ITERS_ODD) | T.can_wait | (uint64_t)fr->n_opaque | fr->p->is_deep;
    if (other != 0) {
        pen_lend(w);
        finish_some(fr, kept, moved);
        return;
    }
    if (kept >= 0) {
        write_top(fr, kept, w);
    }
    if (moved != 0) {
        w->flags |= FLAG_ITERS;
        w->at = put_moved(w->at, moved);
    }
    pen_lend(w);
    stream_commit();
}

#pragma GCC visibility pop
#endif
