/* What an instruction that is about to run can change: the objects to look at once it is over. */
#include "core.h"
#include "opcode_ids.h"

static bool
is_plain(PyObject *v)
{
    return v == NULL || is_plain_type(Py_TYPE(v));
}

static void
expect(frame *fr, int how, PyObject *v, Py_ssize_t at)
{
    if (fr->n_pending > 0 && fr->pending[0].how == PEND_ALL) {
        return;
    }
    if (how == PEND_ALL || fr->n_pending == MAX_PENDING) {
        drop_pending(fr);
        how = PEND_ALL;
    }
    T.n_open += fr->n_pending == 0;
    fr->pending[fr->n_pending++] = (struct pending){.v = v, .how = how, .at = at};
}

static void
expect_all(frame *fr)
{
    expect(fr, PEND_ALL, NULL, 0);
}

/* An object that a store or a method of its own changes, and what lies behind it. */
static void
expect_object(frame *fr, PyObject *v)
{
    if (v == NULL || PyDict_CheckExact(v)) {
        return;
    }
    if (PyMemoryView_Check(v) || PyType_IsSubtype(Py_TYPE(v), &PyDictProxy_Type)) {
        expect_all(fr);
        return;
    }
    expect(fr, PEND_ONE, v, 0);
}

/* A callable in C that changes nothing but what its operands, where they are lazy or foreign, change. */
static void
expect_operands(frame *fr, PyObject *const *operands, Py_ssize_t n, bool each)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *v = operands[i];
        if (v == NULL || is_scalar_type(Py_TYPE(v))) {
            continue;
        }
        if (is_lazy(v)) {
            expect_all(fr);
            return;
        }
        if (each) {
            expect_object(fr, v);
        }
    }
}

/* A dict without a number may be that of an instance: nothing tells of the instance. */
static void
expect_dict(frame *fr, PyObject *dict)
{
    if (find_obj(dict) == NULL) {
        expect_all(fr);
    }
}

static void
expect_method(frame *fr, PyTypeObject *owner, PyObject *self, PyObject *const *operands, Py_ssize_t n)
{
    if (owner == &PyDict_Type && self != NULL) {
        if (PyDict_CheckExact(self)) {
            expect_dict(fr, self);
        } else {
            expect_object(fr, self);
        }
    }
    if (owner == &PyList_Type || owner == &PySet_Type) {
        expect_object(fr, self);
        expect_operands(fr, operands, n, false);
    } else if (is_immutable_owner(owner)) {
        expect_operands(fr, operands, n, false);
    } else if (owner == lib.deque || owner == &PyByteArray_Type || owner == lib.array) {
        expect_object(fr, self);
        expect_operands(fr, operands, n, false);
    } else {
        expect_all(fr);
    }
}

static bool
is_traced_function(PyObject *v)
{
    return PyFunction_Check(v) && is_traced_code(((PyFunctionObject *)v)->func_code);
}

/* Whether making an instance runs only code that is traced, or that of `object`. */
static bool
has_plain_construction(PyTypeObject *type)
{
    if (!is_record_type(type) || Py_TYPE(type) != &PyType_Type) {
        return false;
    }
    PyObject *init = _PyType_Lookup(type, lib.init_name);
    PyObject *make = _PyType_Lookup(type, lib.new_name);
    bool plain_new = make != NULL && (Py_IS_TYPE(make, &PyCFunction_Type) || Py_IS_TYPE(make, &PyStaticMethod_Type));
    return plain_new && init != NULL
        && (Py_IS_TYPE(init, &PyWrapperDescr_Type) || is_traced_function(init)
            || (PyFunction_Check(init)
                && PyUnicode_EqualToUTF8(
                    ((PyCodeObject *)((PyFunctionObject *)init)->func_code)->co_filename, "<string>")));
}

static bool
has_plain_attribute(PyTypeObject *type, PyObject *name)
{
    if (type->tp_getattro != PyObject_GenericGetAttr && type->tp_flags & Py_TPFLAGS_HEAPTYPE
        && !is_record_type(type) && !PyType_IsSubtype(type, &PyType_Type)
        && type != &PyModule_Type) {
        return false;
    }
    PyObject *found = _PyType_Lookup(type, name);
    if (found == NULL || Py_TYPE(found)->tp_descr_get == NULL) {
        return true;
    }
    PyTypeObject *kind = Py_TYPE(found);
    if (kind == &PyProperty_Type) {
        return is_record_type(type);
    }
    return !(kind->tp_flags & Py_TPFLAGS_HEAPTYPE) || is_record_type(kind);
}

static bool
is_lookup(PyObject *callee)
{
    const char *name = ((PyCFunctionObject *)callee)->m_ml->ml_name;
    return strcmp(name, "getattr") == 0 || strcmp(name, "hasattr") == 0;
}

static void
expect_call(frame *fr, PyObject *callee, PyObject *self, PyObject *const *operands, Py_ssize_t n)
{
    PyTypeObject *type = Py_TYPE(callee);
    if (type == &PyFunction_Type) {
        if (!is_traced_function(callee)) {
            expect_all(fr);
        }
    } else if (type == &PyMethodDescr_Type) {
        PyTypeObject *owner = PyDescr_TYPE(callee);
        PyObject *target = self != NULL ? self : n > 0 ? operands[0] : NULL;
        if (owner == &PyList_Type && target != NULL && PyList_CheckExact(target)
            && (callee == lib.list_append || (callee == lib.list_pop && n == (self == NULL)))) {
            expect(fr, PEND_TAIL, target, 0);
        } else {
            expect_method(fr, owner, target, operands, n);
        }
    } else if (type == &PyCFunction_Type) {
        PyObject *owner = builtin_owner(callee);
        if (owner != NULL) {
            expect_method(fr, Py_TYPE(owner), owner, operands, n);
        } else if (is_lookup(callee)) {
            if (n < 2 || !PyUnicode_CheckExact(operands[1])
                || !has_plain_attribute(Py_TYPE(operands[0]), operands[1])) {
                expect_all(fr);
            }
        } else if (is_pure(callee)) {
            expect_operands(fr, operands, n, false);
        } else {
            expect_operands(fr, operands, n, true);
        }
    } else if (type == &PyMethod_Type) {
        if (!is_traced_function(PyMethod_GET_FUNCTION(callee))) {
            expect_all(fr);
        }
    } else if (callee == (PyObject *)&PyMap_Type || callee == (PyObject *)&PyFilter_Type) {
        return;
    } else if (PyType_Check(callee) && !(((PyTypeObject *)callee)->tp_flags & Py_TPFLAGS_HEAPTYPE)) {
        expect_operands(fr, operands, n, false);
    } else if (!PyType_Check(callee) || !has_plain_construction((PyTypeObject *)callee)) {
        expect_all(fr);
    }
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

/* Whether an instruction of this opcode can change anything but names and the operand stack. */
bool
may_have_effects(int op)
{
    switch (op) {
    case CALL:
    case CALL_KW:
    case CALL_FUNCTION_EX:
    case STORE_SUBSCR:
    case DELETE_SUBSCR:
    case STORE_SLICE:
    case STORE_ATTR:
    case DELETE_ATTR:
    case BINARY_OP:
    case SET_FUNCTION_ATTRIBUTE:
    case LIST_APPEND:
    case SET_ADD:
    case LIST_EXTEND:
    case SET_UPDATE:
    case LOAD_ATTR:
    case FOR_ITER:
    case GET_ITER:
    case UNPACK_SEQUENCE:
    case UNPACK_EX:
    case SEND:
    case COMPARE_OP:
    case CONTAINS_OP:
    case BINARY_SUBSCR:
    case TO_BOOL:
    case UNARY_NEGATIVE:
    case UNARY_INVERT:
    case UNARY_NOT:
    case FORMAT_SIMPLE:
    case CONVERT_VALUE:
    case FORMAT_WITH_SPEC:
    case BINARY_SLICE:
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
        return true;
    default:
        return false;
    }
}

/* Notes what the instruction at `unit` can change. Returns false where it, at this place, is not worth another look. */
bool
expect_effects(frame *fr, int unit)
{
    const plan *p = fr->p;
    PyObject *const *stack = fr->f->localsplus + p->code->co_nlocalsplus;
    int n = p->depth[unit], arg = p->arg[unit];
    PyObject *const *top = stack + n;
    switch (p->op[unit]) {
    case CALL:
    case CALL_KW: {
        int first = n - 2 - arg - (p->op[unit] == CALL_KW);
        expect_call(fr, stack[first], stack[first + 1], stack + first + 2, arg);
        return true;
    }
    case CALL_FUNCTION_EX:
        if (!is_traced_function(stack[n - 3 - (arg & 1)])) {
            expect_all(fr);
        }
        return true;
    case STORE_SUBSCR:
        expect_store(fr, top[-2], top[-1]);
        return true;
    case DELETE_SUBSCR:
        expect_store(fr, top[-2], Py_None);
        return true;
    case STORE_SLICE:
        expect_store(fr, top[-3], Py_None);
        return true;
    case STORE_ATTR:
    case DELETE_ATTR:
        if (PyModule_Check(top[-1])) {
            return true;
        }
        expect(fr, PEND_ONE, top[-1], 0);
        if (!is_plain(top[-1])) {
            expect_all(fr);
        }
        return true;
    case BINARY_OP:
        if (arg < 13) {
            if (is_plain(top[-1]) && is_plain(top[-2])) {
                return false;
            }
            expect_all(fr);
            return true;
        }
        if (is_scalar_type(Py_TYPE(top[-2])) && is_plain(top[-1])) {
            return true;
        }
        expect_object(fr, top[-2]);
        if (!is_plain(top[-2]) || is_lazy(top[-1])) {
            expect_all(fr);
        }
        return true;
    case SET_FUNCTION_ATTRIBUTE:
        expect(fr, PEND_ONE, top[-1], 0);
        return true;
    case LIST_APPEND:
    case SET_ADD:
    case LIST_EXTEND:
    case SET_UPDATE:
        expect_object(fr, top[-1 - arg]);
        if (p->op[unit] == LIST_EXTEND || p->op[unit] == SET_UPDATE) {
            expect_operands(fr, top - 1, 1, false);
        }
        return true;
    case LOAD_ATTR:
        if (has_plain_attribute(Py_TYPE(top[-1]), PyTuple_GET_ITEM(p->code->co_names, arg >> 1))) {
            return false;
        }
        expect_all(fr);
        return true;
    case FOR_ITER:
    case GET_ITER:
    case UNPACK_SEQUENCE:
    case UNPACK_EX:
    case SEND:
        if (n == 0 || !is_lazy(top[p->op[unit] == SEND ? -2 : -1])) {
            return p->op[unit] != FOR_ITER && p->op[unit] != SEND;
        }
        expect_all(fr);
        return true;
    case COMPARE_OP:
    case CONTAINS_OP:
    case BINARY_SUBSCR:
        if (is_plain(top[-1]) && is_plain(top[-2])) {
            return false;
        }
        expect_all(fr);
        return true;
    case TO_BOOL:
    case UNARY_NEGATIVE:
    case UNARY_INVERT:
    case UNARY_NOT:
        if (is_plain(top[-1])) {
            return false;
        }
        expect_all(fr);
        return true;
    case FORMAT_SIMPLE:
    case CONVERT_VALUE:
    case FORMAT_WITH_SPEC:
        expect_operands(fr, top - 1, 1, false);
        return true;
    case BINARY_SLICE:
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
        expect_all(fr);
        return true;
    default:
        return false;
    }
}
