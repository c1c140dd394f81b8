/* The short way of lines and instructions where both are events. What the last instruction of an activation did to its
 * names and its operand stack follows mostly from its opcode and from what was known of them, so that little is compared
 * or looked up. Whatever is out of the ordinary is told in the general way (core_step.c): it begins anew, since until a
 * short record is whole nothing is changed. */
#include "core.h"
#include "core_after.h"
#include "core_after_any.h"
#include "core_heard.h"

/* More than a short record takes. */
#define SHORT_RECORD 1024

/* The activation that runs, where the last event was of it; else NULL. */
static inline frame *
still_running(PyObject *code)
{
    frame *fr = T.told;
    if (__builtin_expect(__builtin_thread_pointer() != T.here || fr == NULL, 0)) {
        return NULL;
    }
    const PyThreadState *state = T.home_state;
    bool is_same = state->tracing != 0 && state->current_frame == fr->f && (PyObject *)fr->p->code == code;
    return __builtin_expect(is_same, 1) ? fr : NULL;
}

/* Eight bytes of a structure. */
static inline uint64_t
bytes_at(const void *start, size_t offset)
{
    uint64_t bytes;
    memcpy(&bytes, (const char *)start + offset, sizeof bytes);
    return bytes;
}
_Static_assert(offsetof(struct tracer, never) - offsetof(struct tracer, n_dying) == 7, "one word");
_Static_assert(offsetof(frame, n_opaque) - offsetof(frame, n_pending) == 4, "one word");

/* Whether more is to be done than to tell of names, stack and iterators that move. */
static inline bool
is_odd(const frame *fr)
{
    uint64_t reasons = (uint64_t)T.n_touched | (uint64_t)T.n_dirty | (uint64_t)T.n_always
        | bytes_at(&T, offsetof(struct tracer, n_dying)) | bytes_at(fr, offsetof(frame, n_pending))
        | (uintptr_t)fr->f->frame_obj;
    bool has_room = T.last_end - T.record >= SHORT_RECORD && T.events_left > 0;
    return __builtin_expect(reasons != 0 || !has_room, 0);
}

/* Writes what stands after the names, and ends the record. */
static inline void
put_change(struct change *c)
{
    uint8_t *at = c->at;
    if (c->flags & FLAG_STACK) {
        at[0] = (uint8_t)c->kept;
        at[1] = (uint8_t)c->n_new;
        at += 2;
        at = c->n_new > 2 ? put_short(at, c->first) : at;
        at = c->n_new > 1 ? put_short(at, c->below) : at;
        at = c->n_new > 0 ? put_short(at, c->top) : at;
    }
    if (c->moved != 0) {
        c->flags |= FLAG_ITERS;
        at = put_moved(at, c->moved);
    }
    T.record[1] = (uint8_t)c->flags;
    T.events_left--;
    T.out = T.record = T.at = at;
    if (T.committed != NULL) {
        atomic_store_explicit(T.committed, (uint64_t)(at - T.out_start), memory_order_release);
    }
}

/* One way for each effect of the last instruction to tell an event, of which all stands up to `at` that comes before names.
 * Each is a function of its own into which all that it needs is copied: it calls nothing but as its last deed, and so
 * saves few registers. */
typedef PyObject *way(frame *fr, const struct place *place, uint8_t *at);

#define WAYS(effect, else_instruction, else_line)                                                    \
    static __attribute__((flatten, noinline)) PyObject *                                             \
    instruction_after_##effect(frame *fr, const struct place *place, uint8_t *at)                    \
    {                                                                                                \
        struct change c = {.at = at};                                                                \
        if (!after_##effect(fr, fr->since, place->depth, &c)) {                                      \
            return else_instruction;                                                                 \
        }                                                                                            \
        put_change(&c);                                                                              \
        fr->since = place;                                                                           \
        if (!place->benign) {                                                                        \
            return look_after(fr, place);                                                            \
        }                                                                                            \
        Py_RETURN_NONE;                                                                              \
    }                                                                                                \
    static __attribute__((flatten, noinline)) PyObject *                                             \
    line_after_##effect(frame *fr, const struct place *place, uint8_t *at)                           \
    {                                                                                                \
        struct change c = {.at = at};                                                                \
        if (!after_##effect(fr, fr->since, place->depth, &c)) {                                      \
            return else_line;                                                                        \
        }                                                                                            \
        put_change(&c);                                                                              \
        fr->line = T.last_line = place->line;                                                        \
        fr->since = &fr->p->nothing;                                                                 \
        Py_RETURN_NONE;                                                                              \
    }

WAYS(any, tell_known(fr, place), tell_known_line(fr, place))
WAYS(give, instruction_after_any(fr, place, at), line_after_any(fr, place, at))
WAYS(give_both, tell_known(fr, place), tell_known_line(fr, place))
WAYS(some_method, tell_known(fr, place), tell_known_line(fr, place))
WAYS(method, instruction_after_some_method(fr, place, at), line_after_some_method(fr, place, at))
WAYS(turn, tell_known(fr, place), tell_known_line(fr, place))
WAYS(join, tell_known(fr, place), tell_known_line(fr, place))
WAYS(const, instruction_after_any(fr, place, at), line_after_any(fr, place, at))
WAYS(copy, tell_known(fr, place), tell_known_line(fr, place))
WAYS(swap, tell_known(fr, place), tell_known_line(fr, place))
WAYS(nothing, instruction_after_any(fr, place, at), line_after_any(fr, place, at))
WAYS(push, instruction_after_any(fr, place, at), line_after_any(fr, place, at))
WAYS(load, tell_known(fr, place), tell_known_line(fr, place))
WAYS(loads, tell_known(fr, place), tell_known_line(fr, place))
WAYS(pop, instruction_after_any(fr, place, at), line_after_any(fr, place, at))
WAYS(store, tell_known(fr, place), tell_known_line(fr, place))
WAYS(lookup, instruction_after_join(fr, place, at), line_after_join(fr, place, at))
WAYS(item, instruction_after_lookup(fr, place, at), line_after_lookup(fr, place, at))
WAYS(make, instruction_after_any(fr, place, at), line_after_any(fr, place, at))

static PyObject *
instruction_after_other(frame *fr, const struct place *place, uint8_t *Py_UNUSED(at))
{
    return tell_known(fr, place);
}

static PyObject *
line_after_other(frame *fr, const struct place *place, uint8_t *Py_UNUSED(at))
{
    return tell_known_line(fr, place);
}

#define ALL_WAYS(event)                                                                              \
    {                                                                                                \
        [EFFECT_OTHER] = event##_after_other, [EFFECT_NONE] = event##_after_nothing,                 \
        [EFFECT_PUSH] = event##_after_push, [EFFECT_LOAD] = event##_after_load,                      \
        [EFFECT_LOAD_BOTH] = event##_after_loads, [EFFECT_POP] = event##_after_pop,                  \
        [EFFECT_STORE] = event##_after_store, [EFFECT_MAKE] = event##_after_make,                    \
        [EFFECT_ITEM] = event##_after_item, [EFFECT_ANY] = event##_after_any,                        \
        [EFFECT_CONST] = event##_after_const, [EFFECT_COPY] = event##_after_copy,                    \
        [EFFECT_SWAP] = event##_after_swap, [EFFECT_GIVE] = event##_after_give,                      \
        [EFFECT_GIVE_BOTH] = event##_after_give_both, [EFFECT_METHOD] = event##_after_method,        \
        [EFFECT_TURN] = event##_after_turn, [EFFECT_JOIN] = event##_after_join,                      \
        [EFFECT_LOOKUP] = event##_after_lookup,                                                      \
    }
static way *const instruction_ways[] = ALL_WAYS(instruction);
static way *const line_ways[] = ALL_WAYS(line);

CALLBACK(on_short_instruction)
{
    if (__builtin_expect(count_of(nargsf) < 2, 0)) {
        Py_RETURN_NONE;
    }
    frame *fr = still_running(args[0]);
    if (fr == NULL || is_odd(fr)) {
        return tell_instruction(args);
    }
    const plan *p = fr->p;
    int unit = (int)(((PyLongObject *)args[1])->long_value.ob_digit[0] / 2);
    const struct place *place = &p->places[unit];
    uint64_t texts;
    if (__builtin_expect(unit >= p->n_units, 0) || (texts = place->texts) == 0 || place->line != T.last_line) {
        return tell_instruction(args);
    }
    uint8_t *record = T.record;
    record[0] = EV_INSTRUCTION;
    memcpy(record + 2, &texts, 8);
    fr->told_unit = unit;
    return instruction_ways[fr->since->effect](fr, place, record + 2 + (texts >> 56));
}

CALLBACK(on_short_line)
{
    if (__builtin_expect(count_of(nargsf) < 2, 0)) {
        Py_RETURN_NONE;
    }
    frame *fr = still_running(args[0]);
    if (fr == NULL || is_odd(fr)) {
        return tell_line(args);
    }
    const plan *p = fr->p;
    int unit = (int)((const _Py_CODEUNIT *)fr->f->instr_ptr - p->first);
    const struct place *place = &p->places[unit];
    int step = place->line - T.last_line;
    bool is_short = place->start <= 127 && (unsigned)step + 64 < 128;
    if (unit <= p->prologue_end || place->line == 0 || place->act == ACT_SKIP || !is_short) {
        return tell_line(args);
    }
    uint8_t *record = T.record;
    record[0] = place->start == 0 ? EV_LINE : EV_LINE_AT;
    record[2] = (uint8_t)((unsigned)step << 1 ^ (unsigned)(step >> 31));
    record[3] = (uint8_t)place->start;
    return line_ways[fr->since->effect](fr, place, record + 3 + (place->start != 0));
}
