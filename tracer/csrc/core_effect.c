/* What an instruction that is about to run can change: the objects to look at once it is over. */
#include "core.h"
#include "core_effect.h"
#include "opcode.h"

static bool
is_plain(PyObject *v)
{
    return v == NULL || is_plain_type(Py_TYPE(v));
}

static void
expect_store(frame *fr, PyObject *target, PyObject *key)
{
    if (target == NULL) {
        return;
    }
    if (PyDict_CheckExact(target)) {
        expect_dict(fr, target);
        return;
    }
    if (PyList_CheckExact(target) && PyLong_CheckExact(key) && _PyLong_IsCompact((PyLongObject *)key)) {
        Py_ssize_t at = _PyLong_CompactValue((PyLongObject *)key);
        expect(fr, PEND_AT, target, at < 0 ? at + PyList_GET_SIZE(target) : at);
        return;
    }
    if (PyList_CheckExact(target)) {
        expect(fr, PEND_ONE, target, 0);
    } else {
        /* Storing into a foreign container may run any code, and a record's own shows its steps. */
        expect_object(fr, target);
        if (!is_plain(target)) {
            expect_all(fr);
        }
    }
}

/* What an instruction can change beside names and the operand stack, by how it is looked at. */
enum {
    NO_EFFECT,
    BY_CALL,
    BY_CALL_EX,
    BY_STORE,
    BY_ATTRIBUTE_STORE,
    BY_BINARY,
    BY_TOP,      /* the object on top */
    BY_ADDITION, /* to a container below */
    BY_ATTRIBUTE,
    BY_ITERATOR,
    BY_OPERANDS, /* that may run code */
    BY_MEMBERS,  /* that are hashed */
    BY_FORMAT,
    BY_ANYTHING,
};

static int
effect_of(int op)
{
    switch (op) {
    case CALL:
    case CALL_KW:
        return BY_CALL;
    case CALL_FUNCTION_EX:
        return BY_CALL_EX;
    case STORE_SUBSCR:
    case DELETE_SUBSCR:
    case STORE_SLICE:
        return BY_STORE;
    case STORE_ATTR:
    case DELETE_ATTR:
        return BY_ATTRIBUTE_STORE;
    case BINARY_OP:
        return BY_BINARY;
    case SET_FUNCTION_ATTRIBUTE:
        return BY_TOP;
    case LIST_APPEND:
    case SET_ADD:
    case LIST_EXTEND:
    case SET_UPDATE:
        return BY_ADDITION;
    case LOAD_ATTR:
        return BY_ATTRIBUTE;
    case FOR_ITER:
    case GET_ITER:
    case UNPACK_SEQUENCE:
    case UNPACK_EX:
    case SEND:
        return BY_ITERATOR;
    case COMPARE_OP:
    case CONTAINS_OP:
    case BINARY_SUBSCR:
    case BINARY_SLICE:
    case TO_BOOL:
    case UNARY_NEGATIVE:
    case UNARY_INVERT:
    case UNARY_NOT:
    case CALL_INTRINSIC_1:
    case GET_LEN:
        return BY_OPERANDS;
    case BUILD_SET:
    case BUILD_MAP:
    case MAP_ADD:
        return BY_MEMBERS;
    case FORMAT_SIMPLE:
    case CONVERT_VALUE:
    case FORMAT_WITH_SPEC:
        return BY_FORMAT;
    case DICT_UPDATE:
    case DICT_MERGE:
    case BEFORE_WITH:
    case BEFORE_ASYNC_WITH:
    case WITH_EXCEPT_START:
    case IMPORT_NAME:
    case IMPORT_FROM:
    case MATCH_CLASS:
    case MATCH_KEYS:
    case GET_AITER:
    case GET_ANEXT:
    case GET_AWAITABLE:
    case GET_YIELD_FROM_ITER:
    case END_ASYNC_FOR:
    case LOAD_SUPER_ATTR:
        return BY_ANYTHING;
    default:
        return NO_EFFECT;
    }
}

/* Whether an instruction of this opcode can change anything but names and the operand stack. */
bool
may_have_effects(int op)
{
    return effect_of(op) != NO_EFFECT;
}

/* Whether operators of a type ask what its objects hold. */
static bool
asks_items(PyTypeObject *type)
{
    unsigned long containers = Py_TPFLAGS_LIST_SUBCLASS | Py_TPFLAGS_TUPLE_SUBCLASS | Py_TPFLAGS_DICT_SUBCLASS;
    return (type->tp_flags & containers) || !is_record_type(type) || _PyType_Lookup(type, lib.dataclass_name) != NULL
        || PyType_IsSubtype(type, &PySet_Type) || PyType_IsSubtype(type, &PyFrozenSet_Type)
        || PyType_IsSubtype(type, lib.deque);
}

/* Whether an operator on v runs nothing unseen. */
static inline bool
is_quiet(PyObject *v)
{
    if (v == NULL || is_scalar_type(Py_TYPE(v))) {
        return true;
    }
    if (is_settled_type(Py_TYPE(v))) {
        return !T.saw_foreign;
    }
    return !is_lazy(v) && !(T.saw_foreign && asks_items(Py_TYPE(v)));
}

/* Of each so many values below the top one is hashed. */
static bool
expect_members(frame *fr, PyObject *const *first, int n, int step)
{
    for (int i = 0; i < n; i++) {
        if (!is_quiet(first[i * step])) {
            expect_all(fr);
            return true;
        }
    }
    return false;
}

static bool
expect_operators(frame *fr, const plan *p, int unit, PyObject *const *top)
{
    int op = p->op[unit];
    int n = op == BINARY_SLICE ? 3 : op == COMPARE_OP || op == CONTAINS_OP || op == BINARY_SUBSCR ? 2 : 1;
    if (op == BINARY_SUBSCR && is_scalar_type(Py_TYPE(top[-1]))
        && (PyList_CheckExact(top[-2]) || PyTuple_CheckExact(top[-2]))) {
        return false;
    }
    if (op == BINARY_SUBSCR && Py_IS_TYPE(top[-2], &PyType_Type) && is_record_type((PyTypeObject *)top[-2])) {
        /* Its class method may be one in C, which nothing tells of. */
        expect_all(fr);
        return true;
    }
    return expect_members(fr, top - n, n, 1);
}

static bool
expect_binary(frame *fr, int arg, PyObject *const *top)
{
    bool is_changing = arg >= NB_INPLACE_ADD && !is_scalar_type(Py_TYPE(top[-2]));
    if (is_changing) {
        expect_object(fr, top[-2]);
    }
    return expect_members(fr, top - 2, 2, 1) || is_changing;
}

/* Storing into what has a descriptor there, or a method of its own for it. */
static void
expect_attribute_store(frame *fr, PyObject *target, PyObject *name)
{
    if (PyModule_Check(target)) {
        return;
    }
    expect_object(fr, target);
    PyObject *found = is_plain(target) ? _PyType_Lookup(Py_TYPE(target), name) : NULL;
    PyTypeObject *kind = found == NULL ? NULL : Py_TYPE(found);
    bool is_odd = kind != NULL && kind->tp_descr_set != NULL
        && (kind == &PyProperty_Type ? !(is_python_property(found, 1) && is_python_property(found, 2))
                                     : (kind->tp_flags & Py_TPFLAGS_HEAPTYPE) && !is_record_type(kind));
    if (!is_plain(target) || is_odd) {
        expect_all(fr);
    }
}

/* Notes what the instruction at `unit` can change. False where it found that it changes nothing. */
bool
expect_effects(frame *fr, int unit)
{
    const plan *p = fr->p;
    PyObject *const *stack = fr->f->localsplus + p->code->co_nlocalsplus;
    int n = p->depth[unit], arg = p->arg[unit], op = p->op[unit];
    PyObject *const *top = stack + n;
    switch (effect_of(op)) {
    case BY_CALL: {
        int first = n - 2 - arg - (op == CALL_KW);
        expect_call(fr, stack[first], stack[first + 1], stack + first + 2, arg);
        return true;
    }
    case BY_CALL_EX: {
        /* The call itself takes its arguments from what is no tuple yet. */
        PyObject *const *call = stack + n - 3 - (arg & 1);
        if (!is_traced_function(call[0]) || !(PyTuple_CheckExact(call[2]) || PyList_CheckExact(call[2]))) {
            expect_all(fr);
        }
        return true;
    }
    case BY_STORE:
        expect_store(fr, top[op == STORE_SLICE ? -3 : -2], op == STORE_SUBSCR ? top[-1] : Py_None);
        if (op != STORE_SLICE && !is_quiet(top[-1])) {
            expect_all(fr);
        }
        /* Of a slice the store takes the items. */
        if (op == STORE_SLICE || (op == STORE_SUBSCR && PySlice_Check(top[-1]))) {
            expect_operands(fr, top - (op == STORE_SLICE ? 4 : 3), 1, false);
        }
        return true;
    case BY_ATTRIBUTE_STORE:
        expect_attribute_store(fr, top[-1], PyTuple_GET_ITEM(p->code->co_names, arg));
        return true;
    case BY_BINARY:
        return expect_binary(fr, arg, top);
    case BY_TOP:
        expect(fr, PEND_ONE, top[-1], 0);
        return true;
    case BY_ADDITION:
        expect_object(fr, top[-1 - arg]);
        if (op != LIST_APPEND) {
            expect_operands(fr, top - 1, 1, false);
        }
        return true;
    case BY_ATTRIBUTE:
        if (has_plain_attribute(Py_TYPE(top[-1]), PyTuple_GET_ITEM(p->code->co_names, arg >> 1))) {
            return false;
        }
        expect_all(fr);
        return true;
    case BY_ITERATOR:
        if (n == 0 || !is_lazy(top[op == SEND ? -2 : -1])) {
            return op != FOR_ITER && op != SEND;
        }
        expect_all(fr);
        return true;
    case BY_OPERANDS:
        return expect_operators(fr, p, unit, top);
    case BY_MEMBERS:
        return op == MAP_ADD   ? expect_members(fr, top - 2, 1, 1)
            : op == BUILD_SET ? expect_members(fr, top - arg, arg, 1)
                              : expect_members(fr, top - 2 * arg, arg, 2);
    case BY_FORMAT:
        expect_operands(fr, top - 1, 1, false);
        return true;
    case BY_ANYTHING:
        expect_all(fr);
        return true;
    default:
        return false;
    }
}
