/* Types and callables of which nothing unseen is to be expected, and lazy values that may run any code. */
#include "core.h"
#include "core_iter.h"

static struct {
    PyTypeObject *type;
    unsigned version; /* of the type, 0 where it has none */
    bool is_plain, is_record, is_foreign;
} types[256]; /* what is known of heap types, by address; emptied when a type dies */

static PyObject *pure[256]; /* by address: functions of builtins that change nothing of their own */
static PyTypeObject *const immutable_owners[] = {
    &PyDict_Type, &PyUnicode_Type, &PyTuple_Type,     &PyLong_Type, &PyFloat_Type,
    &PyBytes_Type, &PyFrozenSet_Type, &PyComplex_Type, &PyBool_Type, &PyRange_Type,
};

static size_t
slot_of(const void *address)
{
    return address_mix(address) >> 56;
}

void
types_forget(void)
{
    memset(types, 0, sizeof types);
}

/* Special methods that only what is called by name uses. */
static bool
is_harmless(PyObject *name)
{
    static const char *const names[] = {
        "__init__",       "__new__",     "__init_subclass__", "__class_getitem__", "__subclasshook__",
        "__prepare__",    "__set_name__", "__reduce__",        "__reduce_ex__",     "__getnewargs__",
        "__getnewargs_ex__", "__getstate__", "__setstate__",   "__copy__",          "__deepcopy__",
        "__replace__",    "__sizeof__",  "__dir__",           "__annotate__",
    };
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        if (PyUnicode_EqualToUTF8(name, names[i])) {
            return true;
        }
    }
    return false;
}

/* Whether a special method runs untraced code; that which `dataclass` writes does not count. */
static bool
is_foreign_method(PyObject *v, bool is_dataclass)
{
    PyTypeObject *type = Py_TYPE(v);
    if (type == &PyFunction_Type) {
        PyCodeObject *code = (PyCodeObject *)((PyFunctionObject *)v)->func_code;
        return !is_traced_code((PyObject *)code)
            && !(is_dataclass && PyUnicode_EqualToUTF8(code->co_filename, "<string>"));
    }
    if (type == &PyCFunction_Type) {
        /* A method in C of an object, which it may change. */
        PyObject *owner = builtin_owner(v);
        return owner != NULL && !PyType_Check(owner) && !is_immutable_owner(Py_TYPE(owner));
    }
    return (type->tp_flags & Py_TPFLAGS_HEAPTYPE) && type->tp_call != NULL && !is_own_class(type);
}

static bool
is_special(PyObject *name)
{
    Py_ssize_t n = PyUnicode_CheckExact(name) ? PyUnicode_GET_LENGTH(name) : 0;
    return n > 4 && PyUnicode_READ_CHAR(name, 0) == '_' && PyUnicode_READ_CHAR(name, 1) == '_'
        && PyUnicode_READ_CHAR(name, n - 1) == '_' && PyUnicode_READ_CHAR(name, n - 2) == '_';
}

/* Whether operators of the type run untraced Python code: its own, or that of a base. */
static bool
has_foreign_operators(PyTypeObject *type)
{
    PyObject *bases = type->tp_mro;
    for (Py_ssize_t i = 0; bases != NULL && i < PyTuple_GET_SIZE(bases); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(bases, i);
        if (!(base->tp_flags & Py_TPFLAGS_HEAPTYPE) || is_library_type(base) || base->tp_dict == NULL) {
            continue;
        }
        bool is_tuple = PyType_IsSubtype(base, &PyTuple_Type);
        bool is_dataclass = dict_get(base->tp_dict, lib.dataclass_name) != NULL;
        PyObject *name, *v;
        Py_ssize_t at = 0;
        while (PyDict_Next(base->tp_dict, &at, &name, &v)) {
            /* The text of a named tuple is written by the library. */
            bool counts = is_special(name) && !is_harmless(name)
                && !(is_tuple && PyUnicode_EqualToUTF8(name, "__repr__"));
            if (counts && is_foreign_method(v, is_dataclass)) {
                return true;
            }
        }
    }
    return false;
}

static size_t
look_up_type(PyTypeObject *type)
{
    size_t i = slot_of(type);
    if (types[i].type != type || types[i].version != type->tp_version_tag || types[i].version == 0) {
        PyUnstable_Type_AssignVersionTag(type);
        bool is_library = is_library_type(type);
        types[i].type = type;
        types[i].version = type->tp_version_tag;
        types[i].is_record = is_own_class(type);
        types[i].is_foreign = !is_library && has_foreign_operators(type);
        types[i].is_plain = is_library || (types[i].is_record && !types[i].is_foreign);
    }
    return i;
}

/* Whether operators on v, or on its instances, run untraced Python code. */
bool
is_foreign(PyObject *v)
{
    PyTypeObject *type = PyType_Check(v) ? (PyTypeObject *)v : Py_TYPE(v);
    return (type->tp_flags & Py_TPFLAGS_HEAPTYPE) && types[look_up_type(type)].is_foreign;
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
        "exec", "eval", "__import__", "__build_class__", "setattr", "delattr", "open", "input", "breakpoint",
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

/* Whether calling v may run code that is neither traced nor pure. */
bool
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
    if (type == &PySeqIter_Type || type == &PyReversed_Type) {
        PyObject *sequence = ((struct sequence_iterator *)v)->sequence;
        return sequence != NULL && is_lazy(sequence);
    }
    if (PyType_IsSubtype(type, lib.defaultdict)) {
        PyObject *factory = *(PyObject **)((char *)v + sizeof(PyDictObject));
        return !is_plain_type(type) || (factory != NULL && factory != Py_None && is_foreign_callable(factory));
    }
    return type == &PyCallIter_Type || type == lib.partial || type == lib.bare_namespace || !is_plain_type(type);
}

/* Whether an iterator over v is one of the interpreter's that runs nothing but traced code. */
bool
is_quiet_iterator(PyObject *v)
{
    PyTypeObject *type = Py_TYPE(v);
    bool is_known = type == &PyDictKeys_Type || type == &PyDictValues_Type || type == &PyDictItems_Type
        || type == &PyByteArray_Type || type == &PySetIter_Type || type == &PyRangeIter_Type
        || type == &PyLongRangeIter_Type || type == &PyMap_Type || type == &PyFilter_Type || type == &PyZip_Type
        || type == &PyEnum_Type || is_sequence_iterator(type) || is_dict_iterator(type) || PyGen_CheckExact(v);
    return is_known && !is_lazy(v);
}
