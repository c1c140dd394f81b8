/* Types and callables of which nothing unseen is to be expected, and lazy values that may run any code. */
#include "core.h"
#include "core_iter.h"

static struct {
    PyTypeObject *type;
    bool is_plain, is_record;
} types[256]; /* what is known of heap types, by address; emptied when a type dies */

static PyObject *pure[256]; /* by address: functions of builtins that change nothing of their own */
static PyTypeObject *const immutable_owners[] = {
    &PyDict_Type, &PyUnicode_Type, &PyTuple_Type,     &PyLong_Type, &PyFloat_Type,
    &PyBytes_Type, &PyFrozenSet_Type, &PyComplex_Type, &PyBool_Type, &PyRange_Type,
};

static size_t
slot_of(const void *address)
{
    return ((uintptr_t)address >> 4) * 0x9E3779B97F4A7C15ull >> 56;
}

void
types_forget(void)
{
    memset(types, 0, sizeof types);
}

static size_t
look_up_type(PyTypeObject *type)
{
    size_t i = slot_of(type);
    if (types[i].type != type) {
        types[i].type = type;
        types[i].is_record = is_own_class(type);
        types[i].is_plain = types[i].is_record || is_library_type(type);
    }
    return i;
}

bool
is_record_type(PyTypeObject *type)
{
    return (type->tp_flags & Py_TPFLAGS_HEAPTYPE) && types[look_up_type(type)].is_record;
}

/* Whether looking at an operand of this type cannot run code that changes what the trace does not see. */
bool
is_plain_type(PyTypeObject *type)
{
    return !(type->tp_flags & Py_TPFLAGS_HEAPTYPE) || types[look_up_type(type)].is_plain;
}

bool
is_pure(PyObject *callee)
{
    for (size_t i = slot_of(callee); pure[i] != NULL; i = (i + 1) & 255) {
        if (pure[i] == callee) {
            return true;
        }
    }
    return false;
}

/* Finds the functions of builtins once. */
bool
effects_start(void)
{
    static const char *const impure[] = {
        "exec", "eval", "__import__", "__build_class__", "setattr", "delattr", "open", "input",
    };
    static bool done;
    PyObject *name, *v;
    Py_ssize_t at = 0;
    PyObject *builtins = PyEval_GetBuiltins();
    while (!done && PyDict_Next(builtins, &at, &name, &v)) {
        bool skip = !Py_IS_TYPE(v, &PyCFunction_Type) || !PyUnicode_CheckExact(name);
        for (size_t i = 0; !skip && i < Py_ARRAY_LENGTH(impure); i++) {
            skip = PyUnicode_EqualToUTF8(name, impure[i]);
        }
        if (!skip) {
            size_t i = slot_of(v);
            while (pure[i] != NULL) {
                i = (i + 1) & 255;
            }
            pure[i] = Py_NewRef(v);
        }
    }
    done = true;
    return true;
}

bool
is_immutable_owner(PyTypeObject *type)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(immutable_owners); i++) {
        if (immutable_owners[i] == type) {
            return true;
        }
    }
    return false;
}

static bool
is_foreign_callable(PyObject *v)
{
    PyTypeObject *type = Py_TYPE(v);
    if (type == &PyFunction_Type) {
        return !is_traced_code(((PyFunctionObject *)v)->func_code);
    }
    if (type == &PyMethod_Type) {
        PyObject *function = PyMethod_GET_FUNCTION(v);
        return !PyFunction_Check(function) || !is_traced_code(((PyFunctionObject *)function)->func_code);
    }
    if (type == &PyMethodDescr_Type) {
        return !is_immutable_owner(PyDescr_TYPE(v));
    }
    if (type == &PyCFunction_Type) {
        PyObject *owner = builtin_owner(v);
        return owner == NULL ? !is_pure(v) : !is_immutable_owner(Py_TYPE(owner));
    }
    if (PyType_Check(v)) {
        return ((PyTypeObject *)v)->tp_flags & Py_TPFLAGS_HEAPTYPE && !is_record_type((PyTypeObject *)v);
    }
    return true;
}

static bool
has_lazy_inner(PyObject *v, PyTypeObject *type)
{
    if (type == &PyEnum_Type) {
        return is_lazy(((struct enumerate_iterator *)v)->inner);
    }
    PyObject *function = NULL, *inner = NULL;
    if (type == &PyMap_Type) {
        function = ((struct map_iterator *)v)->function;
        inner = ((struct map_iterator *)v)->inner;
    } else if (type == &PyZip_Type) {
        inner = ((struct zip_iterator *)v)->inner;
    } else {
        function = ((struct filter_iterator *)v)->function;
        if (is_lazy(((struct filter_iterator *)v)->inner)) {
            return true;
        }
    }
    if (function != NULL && function != Py_None && is_foreign_callable(function)) {
        return true;
    }
    for (Py_ssize_t i = 0; inner != NULL && PyTuple_CheckExact(inner) && i < PyTuple_GET_SIZE(inner); i++) {
        if (is_lazy(PyTuple_GET_ITEM(inner, i))) {
            return true;
        }
    }
    return false;
}

/* Whether using a value, for example as an iterator or a key function, may run code that is neither traced nor pure. */
bool
is_lazy(PyObject *v)
{
    PyTypeObject *type = Py_TYPE(v);
    if (is_scalar_type(type) || type == &PyList_Type || type == &PyDict_Type || type == &PyTuple_Type) {
        return false;
    }
    if (type == &PyMap_Type || type == &PyFilter_Type || type == &PyZip_Type || type == &PyEnum_Type) {
        return has_lazy_inner(v, type);
    }
    if (type == &PyFunction_Type || type == &PyMethod_Type || type == &PyMethodDescr_Type
        || type == &PyCFunction_Type) {
        return is_foreign_callable(v);
    }
    if (PyGen_CheckExact(v)) {
        PyCodeObject *code = PyGen_GetCode((PyGenObject *)v);
        bool foreign = !is_traced_code((PyObject *)code);
        Py_DECREF(code);
        return foreign;
    }
    return type == &PyCallIter_Type || type == lib.partial || !is_plain_type(type);
}
