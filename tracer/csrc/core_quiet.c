/* Calls that change nothing and show no order, whatever their operands are, as long as these are scalars and plain
 * containers: most calls of a program. What a place called last is known by address, and is not looked at again. */
#include "core.h"

struct quiet_call {
    PyObject *callee; /* owned: its address stays its own; NULL where none is known */
    struct callee *named; /* owned, as `opaque` lists it */
    bool is_append; /* of a list, which gets one more item */
};

/* What expect_call() finds of a callee: that just its operands matter. */
static bool
is_quiet_callee(PyObject *callee)
{
    if (Py_IS_TYPE(callee, &PyMethodDescr_Type)) {
        PyTypeObject *owner = PyDescr_TYPE(callee);
        return owner != &PyDict_Type && is_immutable_owner(owner);
    }
    return Py_IS_TYPE(callee, &PyCFunction_Type) && builtin_owner(callee) == NULL && !is_lookup(callee)
        && is_pure(callee);
}

/* A place called it; what is known of it is kept where such calls are quiet. */
void
learn_call(plan *p, int unit, PyObject *callee, struct callee *named)
{
    bool is_append = callee == lib.list_append;
    if (!is_append && !is_quiet_callee(callee)) {
        return;
    }
    if (p->quiet == NULL) {
        p->quiet = calloc((size_t)p->n_units, sizeof *p->quiet);
    }
    if (p->quiet == NULL) {
        no_memory();
        return;
    }
    struct quiet_call *c = &p->quiet[unit];
    Py_XSETREF(c->callee, Py_NewRef(callee));
    named->refs++;
    callee_release(c->named);
    c->named = named;
    c->is_append = is_append;
}

/* Whether a callable that asks its operands runs nothing unseen for this one, and shows no order of it. */
static inline bool
is_plain_operand(PyObject *v)
{
    if (v == NULL || is_scalar_type(Py_TYPE(v))) {
        return true;
    }
    PyTypeObject *type = Py_TYPE(v);
    return (type == &PyList_Type || type == &PyDict_Type || type == &PyTuple_Type) && !T.saw_foreign;
}

/* A call instruction is about to run: whether it is known that it changes no more than a list to which it appends. If
 * so, all is noted. */
bool
note_quiet_call(frame *fr, int unit)
{
    const plan *p = fr->p;
    if (p->quiet == NULL || !T.is_exact) {
        return false;
    }
    const struct quiet_call *c = &p->quiet[unit];
    int n = p->arg[unit] + 1;
    PyObject *const *operands = fr->operands + p->places[unit].depth - n;
    if (c->callee == NULL || operands[-1] != c->callee) {
        return false;
    }
    for (int i = c->is_append; i < n; i++) {
        if (!is_plain_operand(operands[i])) {
            return false;
        }
    }
    if (c->is_append) {
        if (operands[0] == NULL || !PyList_CheckExact(operands[0]) || fr->n_pending > 0) {
            return false;
        }
        T.n_open++;
        fr->n_pending = 1;
        fr->pending[0] = (struct pending){.v = operands[0], .how = PEND_TAIL};
    }
    T.saw_opaque |= !c->named->is_builtin;
    list_callee(fr, c->named);
    return true;
}

void
quiet_clear(plan *p)
{
    for (int i = 0; p->quiet != NULL && i < p->n_units; i++) {
        Py_XDECREF(p->quiet[i].callee);
        callee_release(p->quiet[i].named);
    }
    free(p->quiet);
}
