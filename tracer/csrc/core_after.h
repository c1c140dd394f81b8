/* What an event says of names and operand stack, from what was known of them before the last instruction and from what that
 * makes of them (core_makes.c). Whatever is not that simple is left to the general way, before anything is changed. */
#ifndef TRACEMILL_CORE_AFTER_H
#define TRACEMILL_CORE_AFTER_H

#include "core_event.h"
#include "core_makes.h"

#pragma GCC visibility push(hidden)

/* Whether nothing is held for a value, so that it comes and goes without a trace. */
static inline bool
is_light(val v)
{
    return is_by_value(v) || v == (val)Py_True || v == (val)Py_False || v == (val)Py_None || v == 0;
}

static inline bool
is_object(val v)
{
    return (v & VAL_TAG) == VAL_OBJ;
}

static inline void
drop(val v)
{
    if (is_object(v)) {
        val_obj(v)->refs--;
    }
}

static inline void
keep(val v)
{
    if (is_object(v)) {
        val_obj(v)->refs++;
    }
}

/* No value: it is looked up in the general way. */
#define NO_VAL (~(val)0)

/* The value of a name, or of the stack, as it is known in another place of the stack. A numbered tuple may have become one
 * that has none. */
static inline val
of_known(val v)
{
    return is_light(v) || (is_object(v) && val_obj(v)->kind != K_TUPLE) ? v : NO_VAL;
}

/* What stands on the stack, where that is a small int, a constant or a numbered object. */
static inline val
of_operand(PyObject *v)
{
    int64_t n;
    if (__builtin_expect(read_exact_int(v, &n), 1)) {
        return int_val(n);
    }
    if (v == NULL || v == Py_True || v == Py_False || v == Py_None) {
        return (val)v;
    }
    const obj *o = PyType_IS_GC(Py_TYPE(v)) && !Py_IS_TYPE(v, &PyTuple_Type) ? find_obj(v) : NULL;
    return o != NULL ? (val)o | VAL_OBJ : NO_VAL;
}

/* The same, and short strings that were written lately. */
static inline val
of_any_operand(PyObject *v)
{
    val found = of_operand(v);
    if (found == NO_VAL && Py_IS_TYPE(v, &PyUnicode_Type)) {
        uint32_t k = recent_text(v);
        found = k != 0 ? text_val(k) : NO_VAL;
    }
    return found;
}

/* A value that is light, or an object. */
static inline uint8_t *
put_short(uint8_t *at, val v)
{
    if (__builtin_expect((v & VAL_TAG) == VAL_INT, 1)) {
        return raw_small(at, val_int(v));
    }
    if (is_object(v)) {
        *at = 0x09;
        return raw_uint(at + 1, val_obj(v)->id);
    }
    if ((v & VAL_TAG) == VAL_TEXT) {
        *at = 0x08;
        return raw_uint(at + 1, val_text(v));
    }
    *at = v == 0 ? 4 : v == (val)Py_None ? 0 : v == (val)Py_False ? 1 : 2;
    return at + 1;
}

/* What an event says of the stack and of iterators: of names it stands before `at`. */
struct change {
    uint8_t *at;
    unsigned flags;
    int kept, n_new;   /* so many values from below are as they were, and so many are new */
    val first, below, top; /* the new ones: one is the top, two are `below` and it */
    uint64_t moved;    /* iterators */
};

/* The stack has other values from place `kept` on. */
static inline void
take(frame *fr, int kept, int n_new, struct change *c)
{
    c->flags |= FLAG_STACK;
    c->kept = kept;
    c->n_new = n_new;
    fr->n_stack = kept + n_new;
}

/* The stack has one value more, which is known. */
static inline bool
push(frame *fr, int n, val v, struct change *c)
{
    if (v == NO_VAL) {
        return false;
    }
    keep(v);
    fr->stack[n - 1] = c->top = v;
    take(fr, n - 1, 1, c);
    return true;
}

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
