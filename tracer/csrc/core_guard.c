/* Places whose instruction events may be switched off: those where what was found once stays true. An instruction on
 * operands of exact built-in types runs nothing unseen; whether its operands are such follows, where they were loaded
 * from names or are made of those, from the values of the names, which each event of the frame compares. */
#include "core.h"
#include "core_names.h"
#include "opcode.h"

/* Operands of which nothing is known. */
#define UNKNOWN NEVER_OFF

/* Names by bits that each value on the operand stack was made of. */
struct operands {
    uint64_t *at;
    int n;
    const uint64_t *stored; /* find_stored(), of the unit that is looked at */
};

static void
push(struct operands *s, uint64_t names)
{
    s->at[s->n++] = names;
}

/* What the n topmost values depend on together. */
static uint64_t
top_of(const struct operands *s, int n)
{
    uint64_t names = s->n < n ? UNKNOWN : 0;
    for (int i = 1; i <= n && i <= s->n; i++) {
        names |= s->at[s->n - i];
    }
    return names;
}

static uint64_t
pop(struct operands *s, int n)
{
    uint64_t names = top_of(s, n);
    s->n -= n < s->n ? n : s->n;
    return names;
}

/* Nothing is known of a stack so deep. */
static void
forget_operands(struct operands *s, int depth)
{
    for (s->n = 0; s->n < depth;) {
        push(s, UNKNOWN);
    }
}

static uint64_t
bit_of(const plan *p, int slot)
{
    uint64_t bit = p->is_simple ? bit_of_slot(p, slot) : 0;
    return bit == 0 || (bit & p->cells) ? UNKNOWN : bit;
}

/* A name that is loaded: its value is the one that the last event compared, unless an instruction since may have stored
 * another. */
static uint64_t
loaded(const plan *p, const struct operands *s, int slot)
{
    uint64_t bit = bit_of(p, slot);
    return bit != UNKNOWN && (*s->stored & bit) ? UNKNOWN : bit;
}

/* Where paths meet: at targets of jumps and at handlers. */
static void
find_meetings(const plan *p, bool *meets)
{
    for (int u = 0; u < p->n_units; u++) {
        int target = jump_target(p, u);
        if (target >= 0 && target < p->n_units) {
            meets[target] = true;
        }
    }
    for (int i = 0; i < p->n_ranges; i++) {
        meets[p->ranges[3 * i + 2]] = true;
    }
}

/* Loads and stores of names, and what moves values on the stack; false for others. */
static bool
move_operands(const plan *p, int unit, struct operands *s)
{
    int arg = p->arg[unit];
    switch (p->op[unit]) {
    case LOAD_CONST:
        push(s, 0);
        return true;
    case LOAD_FAST:
    case LOAD_FAST_CHECK:
        push(s, loaded(p, s, arg));
        return true;
    case LOAD_FAST_LOAD_FAST:
        push(s, loaded(p, s, arg >> 4));
        push(s, loaded(p, s, arg & 15));
        return true;
    case STORE_FAST_LOAD_FAST:
        pop(s, 1);
        push(s, arg >> 4 == (arg & 15) ? UNKNOWN : loaded(p, s, arg & 15));
        return true;
    case STORE_FAST:
    case STORE_GLOBAL:
    case STORE_DEREF:
    case POP_TOP:
    case POP_JUMP_IF_TRUE:
    case POP_JUMP_IF_FALSE:
    case POP_JUMP_IF_NONE:
    case POP_JUMP_IF_NOT_NONE:
        pop(s, 1);
        return true;
    case STORE_FAST_STORE_FAST:
    case STORE_ATTR:
        pop(s, 2);
        return true;
    case STORE_SUBSCR:
        pop(s, 3);
        return true;
    case COPY:
        push(s, arg <= s->n ? s->at[s->n - arg] : UNKNOWN);
        return true;
    case SWAP:
        if (arg <= s->n) {
            uint64_t top = s->at[s->n - 1];
            s->at[s->n - 1] = s->at[s->n - arg];
            s->at[s->n - arg] = top;
        }
        return true;
    case NOP:
    case RESUME:
        return true;
    default:
        return false;
    }
}

/* What an instruction makes of its operands. */
static void
make_operands(const plan *p, int unit, struct operands *s, int depth_after)
{
    int arg = p->arg[unit];
    switch (p->op[unit]) {
    case BINARY_OP:
    case COMPARE_OP:
        push(s, pop(s, 2));
        return;
    case CONTAINS_OP:
    case IS_OP:
        pop(s, 2);
        push(s, 0);
        return;
    case UNARY_NEGATIVE:
    case UNARY_INVERT:
        return;
    case TO_BOOL:
    case UNARY_NOT:
        pop(s, 1);
        push(s, 0);
        return;
    case BUILD_LIST:
    case BUILD_TUPLE:
    case BUILD_STRING:
        pop(s, arg);
        push(s, 0);
        return;
    case BINARY_SUBSCR:
        pop(s, 2);
        push(s, UNKNOWN);
        return;
    case CALL:
        pop(s, 2 + arg);
        push(s, UNKNOWN);
        return;
    case LOAD_ATTR:
    case LOAD_GLOBAL:
    case LOAD_DEREF:
    case PUSH_NULL:
        pop(s, p->op[unit] == LOAD_ATTR);
        while (s->n < depth_after) {
            push(s, UNKNOWN);
        }
        return;
    default:
        forget_operands(s, depth_after);
    }
}

/* The names on which it depends that the instruction changes nothing unseen. */
static uint64_t
guard_of(const plan *p, int unit, const struct operands *s, bool has_iterator)
{
    switch (p->op[unit]) {
    case BINARY_OP:
    case COMPARE_OP:
    case CONTAINS_OP:
    case BINARY_SUBSCR:
        return top_of(s, 2);
    case LOAD_ATTR:
    case TO_BOOL:
    case UNARY_NEGATIVE:
    case UNARY_INVERT:
    case UNARY_NOT:
    case CALL_INTRINSIC_1:
    case GET_LEN:
        return top_of(s, 1);
    case BINARY_SLICE:
        return top_of(s, 3);
    case BUILD_SET:
    case BUILD_MAP:
    case MAP_ADD:
        return 0;
    case FOR_ITER:
        /* GET_ITER, which is always looked at, tells where the iterator may be another kind. */
        return has_iterator ? 0 : NEVER_OFF;
    default:
        return may_have_effects(p->op[unit]) ? NEVER_OFF : 0;
    }
}

/* Works out the guards of a plan. False without memory. */
bool
find_guards(plan *p)
{
    size_t n = (size_t)p->n_units + 1;
    bool *meets = calloc(n, sizeof *meets);
    struct operands s = {.at = calloc((size_t)p->code->co_stacksize + 4 * n, sizeof *s.at)};
    p->guards = malloc(n * sizeof *p->guards);
    uint64_t *stored = p->is_simple ? find_stored(p) : calloc(n, sizeof *stored);
    bool fine = meets != NULL && s.at != NULL && p->guards != NULL && stored != NULL;
    if (fine) {
        find_meetings(p, meets);
    }
    bool is_iterable = false;
    bool is_met = true;
    for (int u = 0; fine && u < p->n_units; u++) {
        p->guards[u] = 0;
        s.stored = &stored[u];
        is_met |= meets[u];
        if (p->op[u] == 0) {
            continue;
        }
        if (is_met || s.n != p->depth[u]) {
            forget_operands(&s, p->depth[u]);
        }
        is_met = false;
        is_iterable |= p->op[u] == GET_ITER;
        p->guards[u] = guard_of(p, u, &s, is_iterable);
        is_iterable &= p->op[u] != FOR_ITER;
        int next = u + 1;
        while (next < p->n_units && p->op[next] == 0) {
            next++;
        }
        if (!move_operands(p, u, &s)) {
            make_operands(p, u, &s, next < p->n_units ? p->depth[next] : 0);
        }
    }
    free(meets);
    free(s.at);
    free(stored);
    return fine;
}

/* Whether an instruction on values of this very type runs nothing unseen. */
bool
is_settled_type(PyTypeObject *type)
{
    return is_scalar_type(type) || type == &PyList_Type || type == &PyDict_Type || type == &PyTuple_Type
        || type == &PySet_Type || type == &PyFrozenSet_Type || type == &PyRange_Type;
}

/* All places of a code object are looked at again, also while it runs. */
static void
switch_on(plan *p)
{
    bool any = false;
    for (int u = 0; u < p->n_units; u++) {
        bool depends = p->places[u].benign && may_have_effects(p->op[u]);
        p->places[u].benign &= !depends;
        any |= depends;
    }
    p->guarded = p->guarded_scalars = 0;
    if (any && T.granularity != GRAN_INSTRUCTION && !watch_code((PyObject *)p->code)) {
        fault("events could not be switched on");
    }
}

/* A place that was found to change nothing does change something: it is told of from here on. */
void
tell_always(plan *p, int unit)
{
    p->guards[unit] = NEVER_OFF;
    p->places[unit].benign = 0;
    if (T.granularity != GRAN_INSTRUCTION && !watch_code((PyObject *)p->code)) {
        fault("events could not be switched on");
    }
}

/* Name i has the value v: what is switched off because it never had such a one is looked at again. */
void
note_name(plan *p, int i, PyObject *v)
{
    uint64_t bit = 1ull << i;
    if (v == NULL || (p->unsettled & bit) || is_scalar_type(Py_TYPE(v))) {
        return;
    }
    bool is_settled = is_settled_type(Py_TYPE(v));
    p->containers |= bit;
    p->unsettled |= is_settled ? 0 : bit;
    if ((p->guarded_scalars & bit) || (!is_settled && (p->guarded & bit))) {
        switch_on(p);
    }
}

/* All names of an activation, where they are not compared one by one. */
void
note_all_names(frame *fr)
{
    plan *p = fr->p;
    for (int i = 0; p->is_simple && i < p->n_names; i++) {
        note_name(p, i, slot_value(fr->f, &p->names[i]));
    }
}

/* An iterator is made of v. */
void
note_iterable(plan *p, PyObject *v)
{
    if (v == NULL || p->has_odd_iterator || is_settled_type(Py_TYPE(v)) || is_quiet_iterator(v)) {
        return;
    }
    p->has_odd_iterator = true;
    switch_on(p);
}

/* An object whose operators are untraced Python code is among the program's: containers may hold it, and ask it. */
void
note_foreign(void)
{
    if (!T.saw_foreign) {
        T.saw_foreign = true;
        plans_each(switch_on);
    }
}

/* Whether a place where an instruction was found to change nothing need not be looked at again. */
bool
may_switch_off(plan *p, int unit)
{
    uint64_t guard = p->guards[unit];
    int op = p->op[unit];
    if (guard == NEVER_OFF || (op == FOR_ITER && p->has_odd_iterator)) {
        return false;
    }
    if (T.saw_foreign && op != FOR_ITER && may_have_effects(op)) {
        return false;
    }
    if (guard == 0) {
        return true;
    }
    /* Operators in place change a container. */
    bool is_in_place = op == BINARY_OP && p->arg[unit] >= NB_INPLACE_ADD;
    /* Names are compared where lines are told. */
    if (!p->is_simple || T.granularity == GRAN_CALL || (guard & (is_in_place ? p->containers : p->unsettled))) {
        return false;
    }
    p->guarded |= guard;
    p->guarded_scalars |= is_in_place ? guard : 0;
    return true;
}
