/* What an event says of names and operand stack, from what was known of them before the last instruction and from what that
 * makes of them (core_makes.c): one function for each common effect. Whatever is not that simple is left to
 * core_after_any.h, or to the general way, before anything is changed. */
#ifndef TRACEMILL_CORE_AFTER_H
#define TRACEMILL_CORE_AFTER_H

#include "core_known.h"
#include "core_makes.h"

#pragma GCC visibility push(hidden)

/* What follows has one function for each effect of the last instruction, which leaves n values on the stack and changes
 * nothing else. Each takes what is known from now on; false, with nothing changed, where it does not know. */

static inline bool
after_nothing(frame *fr, const struct place *since, int n, struct change *Py_UNUSED(c))
{
    return since->calm == CALM_ALWAYS && n == fr->n_stack;
}

static inline bool
after_load(frame *fr, const struct place *since, int n, struct change *c)
{
    return push(fr, n, of_known(fr->names[since->name]), c);
}

static inline bool
after_loads(frame *fr, const struct place *since, int n, struct change *c)
{
    c->below = of_known(fr->names[since->name]);
    c->top = of_known(fr->names[since->next_name]);
    if (c->below == NO_VAL || c->top == NO_VAL) {
        return false;
    }
    keep(c->below);
    keep(c->top);
    fr->stack[n - 2] = c->below;
    fr->stack[n - 1] = c->top;
    take(fr, n - 2, 2, c);
    return true;
}

static inline bool
after_push(frame *fr, const struct place *since, int n, struct change *c)
{
    return push(fr, n, since->calm == CALM_ALWAYS ? of_operand(fr->operands[n - 1]) : NO_VAL, c);
}

/* A constant: a string is looked up once. */
static inline bool
after_const(frame *fr, const struct place *since, int n, struct change *c)
{
    uint32_t k = since->name | (uint32_t)since->next_name << 8;
    return push(fr, n, k != 0 ? text_val(k) : of_operand(fr->operands[n - 1]), c);
}

static inline bool
after_copy(frame *fr, const struct place *since, int n, struct change *c)
{
    return push(fr, n, of_known(fr->stack[n - 1 - since->name]), c);
}

static inline bool
after_swap(frame *fr, const struct place *since, int n, struct change *c)
{
    int size = since->name;
    val *known = &fr->stack[n - size];
    c->first = of_known(fr->stack[n - 1]);
    c->below = size > 2 ? of_known(known[1]) : c->first;
    c->top = of_known(known[0]);
    if (c->first == NO_VAL || c->below == NO_VAL || c->top == NO_VAL) {
        return false;
    }
    if (c->first != c->top) {
        known[0] = c->first;
        known[size - 1] = c->top;
        take(fr, n - size, size, c);
    }
    return true;
}

static inline bool
after_pop(frame *fr, const struct place *since, int n, struct change *c)
{
    if (since->calm == CALM_NEVER || !is_light(fr->stack[n])) {
        return false;
    }
    take(fr, n, 0, c);
    return true;
}

/* A name whose value is light, or that has none, gets another such one. */
static inline bool
after_store(frame *fr, const struct place *since, int n, struct change *c)
{
    const struct slot_name *name = &fr->p->names[since->name];
    val now = fr->stack[n], *known = &fr->names[since->name], old = *known;
    if (!is_light(now) || !is_light(old) || now == 0 || name->k - 1 >= 127) {
        return false;
    }
    take(fr, n, 0, c);
    if (now != old) {
        bool are_ints = (now & VAL_TAG) == VAL_INT && (old & VAL_TAG) == VAL_INT;
        uint8_t *at = c->at;
        *known = now;
        at[0] = 1;
        at[1] = (uint8_t)name->k;
        at = are_ints ? raw_difference(at + 2, val_int(now) - val_int(old)) : put_short(at + 2, now);
        *at = 0;
        c->at = at + 1;
        c->flags |= FLAG_NAMES;
    }
    return true;
}

/* One value is made of one or two, whose lowest place it has. */
static inline bool
after_make(frame *fr, const struct place *since, int n, struct change *c)
{
    val *known = &fr->stack[n - 1], low = known[0];
    bool had_more = fr->n_stack > n;
    if (since->calm != CALM_BY_VALUE || !is_light(low) || (had_more && !is_light(known[1]))) {
        return false;
    }
    c->top = of_operand(fr->operands[n - 1]);
    if (c->top == NO_VAL) {
        return false;
    }
    if (c->top != low) {
        keep(c->top);
        known[0] = c->top;
        take(fr, n - 1, 1, c);
    } else if (had_more) {
        take(fr, n, 0, c);
    }
    return true;
}

/* An item of a list takes its place. Where the list lives on, nothing ended, and nothing ran. */
static inline bool
after_item(frame *fr, const struct place *Py_UNUSED(since), int n, struct change *c)
{
    val *known = &fr->stack[n - 1], low = known[0];
    if (!is_object(low) || (known[1] & VAL_TAG) != VAL_INT) {
        return false;
    }
    obj *list = val_obj(low);
    c->top = of_operand(fr->operands[n - 1]);
    if (c->top == NO_VAL || c->top == low || list->kind != K_LIST || list->o == NULL || list->refs < 2) {
        return false;
    }
    keep(c->top);
    list->refs--;
    known[0] = c->top;
    take(fr, n - 1, 1, c);
    return true;
}

/* Whether it is of a built-in type that the program cannot change, whose methods are found without code of the program. */
static inline bool
has_plain_methods(val v)
{
    return (v & VAL_TAG) == VAL_TEXT
        || (is_object(v) && (val_obj(v)->kind == K_LIST || val_obj(v)->kind == K_DICT));
}

/* A method of such a value, under the value itself. */
static inline bool
after_method(frame *fr, const struct place *Py_UNUSED(since), int n, struct change *c)
{
    val *known = &fr->stack[n - 2], owner = known[0];
    if (n != fr->n_stack + 1 || !has_plain_methods(owner) || fr->operands[n - 1] == NULL) {
        return false;
    }
    c->below = of_operand(fr->operands[n - 2]);
    if (c->below == NO_VAL) {
        return false;
    }
    keep(c->below);
    known[0] = c->below;
    known[1] = c->top = owner;
    take(fr, n - 2, 2, c);
    return true;
}

/* Whether it is a dict which something else has too, whose keys are all str: to look a scalar up runs nothing. */
static inline bool
is_plain_dict(val v)
{
    const obj *o = is_object(v) ? val_obj(v) : NULL;
    return o != NULL && o->kind == K_DICT && o->refs > 1 && o->o != NULL
        && ((const PyDictObject *)o->o)->ma_keys->dk_kind != DICT_KEYS_GENERAL;
}

/* What is found in such a dict, or whether it is there, takes its place. */
static inline bool
after_lookup(frame *fr, const struct place *Py_UNUSED(since), int n, struct change *c)
{
    val *known = &fr->stack[n - 1], low = known[0], high = known[1];
    bool is_first = is_light(high);
    if (n != fr->n_stack - 1 || !is_light(is_first ? high : low) || !is_plain_dict(is_first ? low : high)) {
        return false;
    }
    c->top = of_any_operand(fr->operands[n - 1]);
    if (c->top == NO_VAL) {
        return false;
    }
    keep(c->top);
    drop(is_first ? low : high);
    known[0] = c->top;
    take(fr, n - (c->top != low), c->top != low, c);
    return true;
}

#pragma GCC visibility pop
#endif
