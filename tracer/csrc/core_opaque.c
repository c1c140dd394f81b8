/* Calls of untraced code, and labels: what the tracer notes beside the state (docs/trace-format.md §7). */
#include "core.h"
#include "core_names.h"
#include "opcode_ids.h"
#include "peek.h"

static PyObject *blind[16 + 2 * 64];
static int n_blind;

/* The order of v became visible. */
static void
note_visible(PyObject *v)
{
    if (v == NULL || !PyAnySet_Check(v) || ((PySetObject *)v)->used < 2
        || (T.saw_seeded && T.saw_address)) {
        return;
    }
    struct words out = {0};
    peek_members(v, &out);
    for (size_t i = 0; i < out.count; i++) {
        int kind = peek_hash_kind((PyObject *)out.data[i], 0);
        T.saw_seeded |= (kind & HASH_SEEDED) != 0;
        T.saw_address |= (kind & HASH_ADDRESS) != 0;
    }
    words_free(&out);
}

static void
add_set_methods(PyTypeObject *type)
{
    PyObject *dict = PyType_GetDict(type);
    PyObject *name, *method;
    Py_ssize_t at = 0;
    while (dict != NULL && PyDict_Next(dict, &at, &name, &method)) {
        if (!PyUnicode_EqualToUTF8(name, "pop") && !PyUnicode_EqualToUTF8(name, "__iter__")
            && !PyUnicode_EqualToUTF8(name, "__repr__") && !PyUnicode_EqualToUTF8(name, "__reduce__")
            && n_blind < (int)Py_ARRAY_LENGTH(blind)) {
            blind[n_blind++] = method;
        }
    }
    Py_XDECREF(dict);
}

/* Finds the callables that do not show the order of a set. */
bool
opaque_start(void)
{
    static const char *const names[] = {
        "len",        "sorted", "set",  "frozenset", "bool",     "isinstance",
        "issubclass", "type",   "id",   "hash",      "callable", "any",
        "all",        "min",    "max",
    };
    if (n_blind > 0) {
        return true;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        PyObject *builtins = PyEval_GetBuiltins();
        PyObject *found = PyDict_GetItemString(builtins, names[i]);
        if (found == NULL) {
            return false;
        }
        blind[n_blind++] = Py_NewRef(found);
    }
    add_set_methods(&PySet_Type);
    add_set_methods(&PyFrozenSet_Type);
    return true;
}

static bool
is_blind(PyObject *callee)
{
    for (int i = 0; i < n_blind; i++) {
        if (blind[i] == callee) {
            return true;
        }
    }
    return false;
}

static void
note_operands(PyObject *callee, PyObject *const *operands, Py_ssize_t n)
{
    bool any = false;
    PyObject *owner = NULL;
    if (Py_IS_TYPE(callee, &PyCFunction_Type)) {
        owner = PyCFunction_GET_SELF(callee);
        if (owner != NULL && PyAnySet_Check(owner)) {
            if (strcmp(((PyCFunctionObject *)callee)->m_ml->ml_name, "pop") != 0) {
                return;
            }
            note_visible(owner);
        }
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        any |= operands[i] != NULL && PyAnySet_Check(operands[i]);
    }
    if (!any || is_blind(callee)) {
        return;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        note_visible(operands[i]);
    }
}

/* Lists a name among what the frame called, once. */
void
list_callee(frame *fr, struct callee *c)
{
    int n = fr->n_opaque;
    for (int i = 0; i < n; i++) {
        const struct callee *old = fr->opaque[i];
        Py_hash_t a = ((PyASCIIObject *)old->name)->hash, b = ((PyASCIIObject *)c->name)->hash;
        bool may_be = a == b || a == -1 || b == -1;
        if (old == c || (may_be && inline_equal(old->name, c->name))) {
            return;
        }
    }
    if (n == fr->cap_opaque) {
        int cap = n == 0 ? 8 : n * 2;
        struct callee **at = realloc(fr->opaque, (size_t)cap * sizeof *at);
        if (at == NULL) {
            no_memory();
            return;
        }
        fr->opaque = at;
        fr->cap_opaque = cap;
    }
    c->refs++;
    fr->opaque[n] = c;
    fr->n_opaque = n + 1;
}

/* Writes what the frame called, and forgets it. */
void
put_callees(frame *fr)
{
    put_uint((uint64_t)fr->n_opaque);
    for (int i = 0; i < fr->n_opaque; i++) {
        struct callee *c = fr->opaque[i];
        put_known_text(c->name, &c->k);
        callee_release(c);
    }
    fr->n_opaque = 0;
}

/* A call instruction is about to run: whom it calls, where that is untraced. */
void
note_call(frame *fr, int unit)
{
    const plan *p = fr->p;
    PyObject *const *stack = fr->f->localsplus + p->code->co_nlocalsplus;
    int n = p->depth[unit], arg = p->arg[unit];
    int first = p->op[unit] == CALL_FUNCTION_EX ? n - 3 - (arg & 1) : n - 2 - arg - (p->op[unit] == CALL_KW);
    PyObject *callee = first < 0 ? NULL : stack[first];
    /* What is kept by address is none of the record's. */
    if (callee == NULL || (!is_kept(callee) && is_own(callee))) {
        return;
    }
    if (p->op[unit] == CALL_FUNCTION_EX) {
        PyObject *args = stack[first + 2];
        if (args != NULL && PyTuple_CheckExact(args)) {
            note_operands(callee, ((PyTupleObject *)args)->ob_item, PyTuple_GET_SIZE(args));
            note_operands(callee, stack + first + 3, n - first - 3);
        } else {
            note_operands(callee, stack + first + 2, n - first - 2);
        }
    } else {
        note_operands(callee, stack + first + 1, n - first - 1);
    }
    struct callee *c = callee_of(callee);
    if (c == NULL) {
        no_memory();
        return;
    }
    T.saw_opaque |= !c->is_builtin;
    list_callee(fr, c);
    if (p->op[unit] == CALL && is_kept(callee)) {
        learn_call(fr->p, unit, callee, c);
    }
    callee_release(c);
}

/* An instruction that takes its operand apart in order is about to run. */
void
note_order(frame *fr, int unit)
{
    const plan *p = fr->p;
    PyObject *const *stack = fr->f->localsplus + p->code->co_nlocalsplus;
    int n = p->depth[unit];
    switch (p->op[unit]) {
    case GET_ITER:
        note_iterable(fr->p, n > 0 ? stack[n - 1] : NULL);
        /* fall through */
    case GET_YIELD_FROM_ITER:
    case UNPACK_SEQUENCE:
    case UNPACK_EX:
    case LIST_EXTEND:
    case CONVERT_VALUE:
    case FORMAT_SIMPLE:
        if (n > 0) {
            note_visible(stack[n - 1]);
        }
        break;
    case FORMAT_WITH_SPEC:
        if (n > 1) {
            note_visible(stack[n - 2]);
        }
        break;
    default:
        break;
    }
}

/* Value of a lower-case hexadecimal digit, -1 for another character. */
static int
hex_digit(Py_UCS4 c)
{
    return c >= '0' && c <= '9' ? (int)(c - '0') : c >= 'a' && c <= 'f' ? (int)(c - 'a') + 10 : -1;
}

/* Whether a text that is written holds an address of a numbered object. */
void
scan_identity(PyObject *text)
{
    if (T.address_seen) {
        return;
    }
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    for (Py_ssize_t x = 0; x + 8 <= length; x++) {
        if (PyUnicode_READ(kind, data, x) != '0' || PyUnicode_READ(kind, data, x + 1) != 'x') {
            continue;
        }
        uint64_t address = 0;
        int digits = 0;
        for (; x + 2 + digits < length && digits < 17; digits++) {
            int digit = hex_digit(PyUnicode_READ(kind, data, x + 2 + digits));
            if (digit < 0) {
                break;
            }
            address = address << 4 | (uint64_t)digit;
        }
        if (digits < 6) {
            continue;
        }
        obj *o = digits > 16 ? NULL : find_obj((PyObject *)(uintptr_t)address);
        bool is_told = x >= 4 && PyUnicode_READ(kind, data, x - 4) == ' '
            && PyUnicode_READ(kind, data, x - 3) == 'a' && PyUnicode_READ(kind, data, x - 2) == 't'
            && PyUnicode_READ(kind, data, x - 1) == ' ';
        if (is_told || (o != NULL && !o->dying)) {
            T.address_seen = true;
            return;
        }
    }
}
