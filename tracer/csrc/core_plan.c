/* Plans: facts of traced code objects, worked out once by tracer.plan and kept by the code's address. */
#include "core.h"
#include "core_makes.h"
#include "core_opcodes.h"
#include "peek.h"
#include "opcode_ids.h"

static plan **plans;
static size_t n_plans, cap_plans;
static plan *latest;
PyObject *core_planner; /* owned; called with a code object */

static size_t
place_of(PyObject *code)
{
    return (size_t)(address_mix(code) >> 32) & (cap_plans - 1);
}

plan *
find_plan(PyObject *code)
{
    if (latest != NULL && (PyObject *)latest->code == code) {
        return latest;
    }
    if (cap_plans == 0) {
        return NULL;
    }
    for (size_t i = place_of(code); plans[i] != NULL; i = (i + 1) & (cap_plans - 1)) {
        if ((PyObject *)plans[i]->code == code) {
            latest = plans[i];
            return latest;
        }
    }
    return NULL;
}

static bool
insert(plan *p)
{
    if ((n_plans + 1) * 2 > cap_plans) {
        size_t old_cap = cap_plans;
        plan **old = plans;
        plan **fresh = calloc(old_cap == 0 ? 64 : old_cap * 2, sizeof *fresh);
        if (fresh == NULL) {
            return false;
        }
        plans = fresh;
        cap_plans = old_cap == 0 ? 64 : old_cap * 2;
        n_plans = 0;
        for (size_t k = 0; k < old_cap; k++) {
            if (old[k] != NULL) {
                insert(old[k]);
            }
        }
        free(old);
    }
    size_t i = place_of((PyObject *)p->code);
    while (plans[i] != NULL) {
        i = (i + 1) & (cap_plans - 1);
    }
    plans[i] = p;
    n_plans++;
    return true;
}

static void
plan_drop(plan *p)
{
    Py_XDECREF(p->parts);
    Py_XDECREF(p->globals);
    free(p->memory);
    free(p->ranges);
    free(p->names);
    free(p->unit_stores);
    free(p->places);
    free(p->guards);
    quiet_clear(p);
}

static void
plan_free(plan *p)
{
    plan_drop(p);
    Py_DECREF((PyObject *)p->code);
    free(p);
}

/* Leaves nothing but what the code object itself tells. */
static void
plan_reset(plan *p)
{
    PyCodeObject *code = p->code;
    plan_drop(p);
    *p = (plan){
        .code = code,
        .first_line = code->co_firstlineno,
        .first = _PyCode_CODE(code),
        .n_slots = code->co_nlocalsplus,
    };
}

static bool
take_names(plan *p, PyObject *list)
{
    p->n_names = (int)PyList_GET_SIZE(list);
    p->names = calloc((size_t)p->n_names + 1, sizeof *p->names);
    if (p->names == NULL) {
        return false;
    }
    const char *kinds = PyBytes_AS_STRING(p->code->co_localspluskinds);
    for (int i = 0; i < p->n_names; i++) {
        PyObject *entry = PyList_GET_ITEM(list, i);
        struct slot_name *n = &p->names[i];
        n->slot = (int)PyLong_AsLong(PyTuple_GET_ITEM(entry, 0));
        n->name = PyTuple_GET_ITEM(entry, 1);
        n->comp_name = PyTuple_GET_ITEM(entry, 2);
        n->hidden = PyTuple_GET_ITEM(entry, 3) == Py_True;
        n->is_cell = (kinds[n->slot] & (CO_FAST_CELL | CO_FAST_FREE)) != 0;
    }
    return true;
}

/* 0 where no name has the slot. Only of a simple plan: others have more names than bits. */
uint64_t
bit_of_slot(const plan *p, int slot)
{
    for (int i = 0; i < p->n_names; i++) {
        if (p->names[i].slot == slot) {
            return 1ull << i;
        }
    }
    return 0;
}

/* The names that an instruction itself can store; cells are counted among those that may change at any time. */
static uint64_t
stores_of(const plan *p, int unit)
{
    int arg = p->arg[unit];
    switch (p->op[unit]) {
    case STORE_FAST:
    case DELETE_FAST:
    case LOAD_FAST_AND_CLEAR:
        return bit_of_slot(p, arg);
    case STORE_FAST_LOAD_FAST:
        return bit_of_slot(p, arg >> 4);
    case STORE_FAST_STORE_FAST:
        return bit_of_slot(p, arg >> 4) | bit_of_slot(p, arg & 15);
    default:
        return 0;
    }
}

static bool
find_places(plan *p)
{
    p->is_simple = p->is_optimized && p->n_names <= 64;
    p->is_deep = p->code->co_stacksize > STACK_FEW;
    p->unit_stores = calloc((size_t)p->n_units + 1, sizeof *p->unit_stores);
    if (p->unit_stores == NULL) {
        return false;
    }
    if (p->is_simple) {
        p->all = p->n_names == 64 ? ~0ull : (1ull << p->n_names) - 1;
        for (int i = 0; i < p->n_names; i++) {
            p->cells |= (uint64_t)p->names[i].is_cell << i;
        }
    }
    for (int u = 0; u < p->n_units; u++) {
        p->unit_stores[u] = p->is_simple ? p->cells | stores_of(p, u) : 0;
        p->places[u].line = p->line[u];
        p->places[u].depth = p->depth[u];
    }
    find_makes(p);
    return find_between(p);
}

static bool
shows_order(int op)
{
    return op == GET_ITER || op == GET_YIELD_FROM_ITER || op == UNPACK_SEQUENCE || op == UNPACK_EX
        || op == LIST_EXTEND || op == CONVERT_VALUE || op == FORMAT_SIMPLE || op == FORMAT_WITH_SPEC;
}

static void
find_acts(plan *p)
{
    for (int u = 0; u < p->n_units; u++) {
        int op = p->op[u];
        int act = u <= p->prologue_end || op == 0 || op == RESUME               ? ACT_SKIP
            : op == CALL || op == CALL_KW || op == CALL_FUNCTION_EX             ? ACT_CALL
            : shows_order(op)                                                   ? ACT_ORDER
            : op == COMPARE_OP || op == BINARY_OP || op == CONTAINS_OP          ? ACT_OPERATOR
            : op == LOAD_ATTR || op == TO_BOOL                                  ? ACT_OPERAND
            : op == STORE_SUBSCR                                                ? ACT_STORE
            : may_have_effects(op)                                              ? ACT_EFFECT
                                                                                : ACT_NONE;
        p->places[u].act = (uint8_t)act;
        p->places[u].benign = act == ACT_NONE;
    }
}

/* The parts in the order in which tracer.plan gives them. */
static bool
take_parts(plan *p, PyObject *parts)
{
    PyObject *const *at = ((PyTupleObject *)parts)->ob_item;
    p->parts = parts;
    p->depth = (const int16_t *)PyBytes_AS_STRING(at[0]);
    p->line = (const int32_t *)PyBytes_AS_STRING(at[1]);
    p->arg = (const int32_t *)PyBytes_AS_STRING(at[2]);
    p->op = (const uint8_t *)PyBytes_AS_STRING(at[3]);
    p->borrowed = (const uint16_t *)PyBytes_AS_STRING(at[4]);
    p->n_units = (int)PyBytes_GET_SIZE(at[3]);
    p->sets = at[5];
    p->has_borrowed = PyTuple_GET_SIZE(at[5]) > 1;
    p->prologue_end = (int)PyLong_AsLong(at[6]);
    p->globals = Py_NewRef(at[8]);
    size_t n = (size_t)PyBytes_GET_SIZE(at[9]);
    p->n_ranges = (int)(n / (3 * sizeof *p->ranges));
    p->ranges = malloc(n + 1);
    p->is_optimized = at[10] == Py_True;
    if (p->ranges == NULL) {
        return false;
    }
    memcpy(p->ranges, PyBytes_AS_STRING(at[9]), n);
    return take_names(p, at[7]);
}

static bool
find_all(plan *p, PyObject *code)
{
    if (!find_facts(p)) {
        PyErr_Clear();
        plan_reset(p);
        PyObject *parts = peek_call_quietly(core_planner, &code, 1);
        if (parts == NULL || !take_parts(p, parts)) {
            return false;
        }
    }
    p->places = calloc((size_t)p->n_units + 1, sizeof *p->places);
    if (p->places == NULL) {
        return false;
    }
    find_acts(p);
    return find_places(p) && find_starts(p) && find_guards(p);
}

/* Works out the plan of a code object that has none. NULL after a fault. */
plan *
make_plan(PyObject *code)
{
    struct unseen unseen = peek_begin_unseen();
    plan *p = calloc(1, sizeof *p);
    bool fine = p != NULL;
    if (fine) {
        p->code = (PyCodeObject *)Py_NewRef(code);
        plan_reset(p);
        fine = find_all(p, code) && insert(p);
    }
    peek_end_unseen(&unseen);
    if (!fine) {
        PyErr_Clear();
        if (p != NULL) {
            plan_free(p);
        }
        fault("a code object could not be read");
        return NULL;
    }
    return p;
}

/* The first opcode of the handler that covers a unit; 0 where none does. */
int
handler_op(const plan *p, int unit)
{
    const int32_t *r = p->ranges;
    for (int i = 0; i < p->n_ranges; i++, r += 3) {
        if (r[0] <= unit && unit < r[1]) {
            return p->op[r[2]];
        }
    }
    return 0;
}

/* The codes that have plans, as a list. */
PyObject *
plans_codes(void)
{
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list != NULL && i < cap_plans; i++) {
        if (plans[i] != NULL && PyList_Append(list, (PyObject *)plans[i]->code) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

void
plans_each(void (*act)(plan *p))
{
    for (size_t i = 0; i < cap_plans; i++) {
        if (plans[i] != NULL) {
            act(plans[i]);
        }
    }
}

void
plans_clear(void)
{
    for (size_t i = 0; i < cap_plans; i++) {
        if (plans[i] != NULL) {
            plan_free(plans[i]);
        }
    }
    free(plans);
    plans = NULL;
    latest = NULL;
    n_plans = cap_plans = 0;
}
