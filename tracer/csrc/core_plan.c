/* Plans: facts of traced code objects, worked out once by tracer.plan and kept by the code's address. */
#include "core.h"
#include "opcode_ids.h"

static plan **plans;
static size_t n_plans, cap_plans;
static plan *latest;
PyObject *core_planner; /* owned; called with a code object */

static size_t
place_of(PyObject *code)
{
    return (size_t)((((uintptr_t)code >> 4) * 0x9E3779B97F4A7C15ull) >> 32) & (cap_plans - 1);
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
plan_free(plan *p)
{
    Py_XDECREF((PyObject *)p->code);
    Py_XDECREF(p->parts);
    free(p->names);
    free(p->benign);
    free(p->keeps);
    free(p->op_k);
    free(p->arg_k);
    free(p);
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

/* Whether an opcode leaves the local variables of its frame as they are, where none of them is a cell. */
static bool
keeps_names(int op)
{
    switch (op) {
    case LOAD_FAST:
    case LOAD_FAST_LOAD_FAST:
    case LOAD_CONST:
    case LOAD_GLOBAL:
    case PUSH_NULL:
    case POP_TOP:
    case COPY:
    case SWAP:
    case BINARY_OP:
    case BINARY_SUBSCR:
    case BINARY_SLICE:
    case COMPARE_OP:
    case CONTAINS_OP:
    case IS_OP:
    case STORE_SUBSCR:
    case POP_JUMP_IF_FALSE:
    case POP_JUMP_IF_TRUE:
    case POP_JUMP_IF_NONE:
    case POP_JUMP_IF_NOT_NONE:
    case JUMP_BACKWARD:
    case JUMP_FORWARD:
    case FOR_ITER:
    case GET_ITER:
    case BUILD_LIST:
    case BUILD_TUPLE:
    case BUILD_MAP:
    case BUILD_STRING:
    case FORMAT_SIMPLE:
    case LIST_APPEND:
    case LOAD_ATTR:
    case TO_BOOL:
    case UNARY_NOT:
    case UNARY_NEGATIVE:
    case UNPACK_SEQUENCE:
    case END_FOR:
    case NOP:
        return true;
    default:
        return false;
    }
}

static void
find_keepers(plan *p)
{
    bool plain = p->is_optimized && !p->has_borrowed;
    for (int i = 0; i < p->n_names; i++) {
        plain = plain && !p->names[i].is_cell;
    }
    for (int u = 0; plain && u < p->n_units; u++) {
        p->keeps[u] = keeps_names(p->op[u]);
    }
}

/* The parts in the order in which tracer.plan gives them. */
static bool
take_parts(plan *p, PyObject *parts)
{
    PyObject *const *at = ((PyTupleObject *)parts)->ob_item;
    p->depth = (const int16_t *)PyBytes_AS_STRING(at[0]);
    p->line = (const int32_t *)PyBytes_AS_STRING(at[1]);
    p->arg = (const int32_t *)PyBytes_AS_STRING(at[2]);
    p->op = (const uint8_t *)PyBytes_AS_STRING(at[3]);
    p->borrowed = (const uint16_t *)PyBytes_AS_STRING(at[4]);
    p->n_units = (int)PyBytes_GET_SIZE(at[3]);
    p->sets = at[5];
    p->has_borrowed = PyTuple_GET_SIZE(at[5]) > 1;
    p->prologue_end = (int)PyLong_AsLong(at[6]);
    p->globals = at[8];
    p->ranges = at[9];
    p->is_optimized = at[10] == Py_True;
    p->benign = calloc((size_t)p->n_units + 1, 1);
    p->keeps = calloc((size_t)p->n_units + 1, 1);
    if (p->benign == NULL || p->keeps == NULL) {
        return false;
    }
    if (at[11] != Py_None) {
        p->op_texts = at[11];
        p->arg_texts = at[12];
        p->op_k = calloc((size_t)p->n_units, sizeof *p->op_k);
        p->arg_k = calloc((size_t)p->n_units, sizeof *p->arg_k);
        if (p->op_k == NULL || p->arg_k == NULL) {
            return false;
        }
    }
    if (!take_names(p, at[7])) {
        return false;
    }
    find_keepers(p);
    return true;
}

/* Works out the plan of a code object that has none. NULL after a fault. */
plan *
make_plan(PyObject *code)
{
    PyThreadState *state = PyThreadState_Get();
    struct _gc_runtime_state *gc = &state->interp->gc;
    int was_enabled = gc->enabled, count = gc->generations[0].count;
    gc->enabled = 0;
    state->py_recursion_remaining += 500;
    state->c_recursion_remaining += 500;
    PyObject *parts = PyObject_CallOneArg(core_planner, code);
    state->py_recursion_remaining -= 500;
    state->c_recursion_remaining -= 500;
    gc->enabled = was_enabled;
    gc->generations[0].count = count;
    plan *p = parts == NULL ? NULL : calloc(1, sizeof *p);
    if (p == NULL) {
        PyErr_Clear();
        Py_XDECREF(parts);
        fault("a code object could not be read");
        return NULL;
    }
    p->code = (PyCodeObject *)Py_NewRef(code);
    p->first_line = p->code->co_firstlineno;
    p->parts = parts;
    if (!take_parts(p, parts) || !insert(p)) {
        plan_free(p);
        fault("out of memory");
        return NULL;
    }
    return p;
}

/* The first opcode of the handler that covers a unit; 0 where none does. */
int
handler_op(const plan *p, int unit)
{
    const int32_t *r = (const int32_t *)PyBytes_AS_STRING(p->ranges);
    Py_ssize_t n = PyBytes_GET_SIZE(p->ranges) / (Py_ssize_t)(3 * sizeof *r);
    for (Py_ssize_t i = 0; i < n; i++, r += 3) {
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
