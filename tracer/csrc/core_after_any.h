/* What an event says after any instruction that stores no name, whatever that takes from the operand stack and puts there,
 * where core_after.h knows nothing simpler: it may have run code, so globals and iterators are looked at. */
#ifndef TRACEMILL_CORE_AFTER_ANY_H
#define TRACEMILL_CORE_AFTER_ANY_H

#include "core_known.h"
#include "core_makes.h"

#pragma GCC visibility push(hidden)

/* Values that any instruction may take from the stack, and put there, without the general way. */
#define GONE_MAX 6
#define MADE_MAX 3

/* Whether no global changed, and no iterator but by moving. */
static inline bool
is_quiet(struct change *c)
{
    c->moved = iters_moved();
    return dict_version(T.globals) == T.globals_version && (c->moved & ITERS_ODD) == 0;
}

/* How often a value is among so many. */
static inline uint32_t
times_among(const val *known, int n, val v)
{
    uint32_t times = 0;
    for (int i = 0; i < n; i++) {
        times += known[i] == v;
    }
    return times;
}

/* Whether so many values can be let go of, so that none was the last of its object, and whether all are light. */
static inline bool
can_drop(const val *known, int n, bool *are_light)
{
    for (int i = 0; i < n; i++) {
        if (!is_light(known[i])) {
            *are_light = false;
            if (!is_object(known[i])) {
                return false;
            }
            uint32_t refs = val_obj(known[i])->refs;
            if (refs <= (uint32_t)n && refs <= times_among(known, n, known[i])) {
                return false;
            }
        }
    }
    return true;
}

/* Takes so many values for as many as are gone. */
static inline void
replace(frame *fr, int low, int n_gone, const val *made, int n_made, struct change *c)
{
    val *known = fr->stack + low;
    int same = 0;
    while (same < n_made && same < n_gone && made[same] == known[same]) {
        same++;
    }
    for (int i = 0; i < n_made; i++) {
        keep(made[i]);
    }
    for (int i = 0; i < n_gone; i++) {
        drop(known[i]);
    }
    for (int i = 0; i < n_made; i++) {
        known[i] = made[i];
    }
    if (same < n_made || n_made != n_gone) {
        c->first = made[0];
        c->below = made[n_made > 2];
        c->top = made[n_made > 0 ? n_made - 1 : 0];
        take(fr, low + same, n_made - same, c);
    }
}

/* Any instruction that stores no name, which may have run code: takes values and puts others there. */
static inline bool
after_some(frame *fr, int n_gone, int n_made, bool is_method, struct change *c)
{
    const struct place *since = fr->since;
    int low = fr->n_stack - n_gone;
    val made[MADE_MAX] = {0};
    bool are_light = true;
    if (!can_drop(fr->stack + low, n_gone, &are_light)) {
        return false;
    }
    for (int i = 0; i < n_made; i++) {
        PyObject *v = fr->operands[low + i];
        /* What a method is of stood there before. */
        made[i] = is_method && i == 1 && v != NULL ? of_known(fr->stack[low]) : of_any_operand(v);
        if (made[i] == NO_VAL) {
            return false;
        }
    }
    bool is_calm = since->calm == CALM_ALWAYS || (since->calm == CALM_BY_VALUE && are_light);
    if (!is_calm && !is_quiet(c)) {
        return false;
    }
    replace(fr, low, n_gone, made, n_made, c);
    return true;
}

static inline bool
after_any(frame *fr, const struct place *since, int n, struct change *c)
{
    int low = Py_MIN(since->low, Py_MIN(n, fr->n_stack)), n_gone = fr->n_stack - low, n_made = n - low;
    if (n_gone > GONE_MAX || n_made > MADE_MAX || !after_some(fr, n_gone, n_made, false, c)) {
        return false;
    }
    if (since->effect == EFFECT_CONST && (c->top & VAL_TAG) == VAL_TEXT) {
        struct place *place = &fr->p->places[since - fr->p->places];
        place->name = (uint8_t)val_text(c->top);
        place->next_name = (uint8_t)(val_text(c->top) >> 8);
    }
    return true;
}

/* The same with the numbers that most have; the stack is another one where an iterator is exhausted. */
static inline bool
after_give(frame *fr, const struct place *Py_UNUSED(since), int n, struct change *c)
{
    return n == fr->n_stack + 1 && after_some(fr, 0, 1, false, c);
}

static inline bool
after_give_both(frame *fr, const struct place *Py_UNUSED(since), int n, struct change *c)
{
    return n == fr->n_stack + 2 && after_some(fr, 0, 2, false, c);
}

static inline bool
after_some_method(frame *fr, const struct place *Py_UNUSED(since), int n, struct change *c)
{
    return n == fr->n_stack + 1 && after_some(fr, 1, 2, true, c);
}

static inline bool
after_turn(frame *fr, const struct place *Py_UNUSED(since), int n, struct change *c)
{
    return n == fr->n_stack && after_some(fr, 1, 1, false, c);
}

static inline bool
after_join(frame *fr, const struct place *Py_UNUSED(since), int n, struct change *c)
{
    return n == fr->n_stack - 1 && after_some(fr, 2, 1, false, c);
}

#pragma GCC visibility pop
#endif
