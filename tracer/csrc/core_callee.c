/* Callables that are not the record's: their names, as `opaque` lists them, and where they come from. */
#include "core.h"

/* Names of callables that live as long as the process, by address; both are held. */
#define NAMES_CACHED 256
static struct {
    PyObject *callee;
    struct callee *named;
} cache[NAMES_CACHED];

static size_t
place_of(const PyObject *v)
{
    return address_mix(v) >> 56;
}

static bool
is_named(PyObject *module, const char *name)
{
    return module != NULL && PyUnicode_CheckExact(module) && PyUnicode_EqualToUTF8(module, name);
}

static PyObject *
module_of_type(PyTypeObject *type)
{
    PyObject *module = PyType_GetModuleName(type);
    PyErr_Clear();
    return module;
}

/* Module that a callable belongs to: of its owner for methods; NULL where nothing tells. New reference. */
static PyObject *
callable_module(PyObject *v)
{
    PyTypeObject *type = Py_TYPE(v);
    if (type == &PyFunction_Type) {
        return Py_XNewRef(((PyFunctionObject *)v)->func_module);
    }
    if (type == &PyMethod_Type) {
        return callable_module(PyMethod_GET_FUNCTION(v));
    }
    if (type == &PyCFunction_Type || type == lib.method_wrapper) {
        PyObject *owner = builtin_owner(v);
        if (owner == NULL) {
            return type == &PyCFunction_Type ? Py_XNewRef(((PyCFunctionObject *)v)->m_module) : NULL;
        }
        return module_of_type(PyType_Check(owner) ? (PyTypeObject *)owner : Py_TYPE(owner));
    }
    if (type == &PyMethodDescr_Type || type == &PyWrapperDescr_Type || type == &PyClassMethodDescr_Type
        || type == &PyGetSetDescr_Type || type == &PyMemberDescr_Type) {
        return module_of_type(PyDescr_TYPE(v));
    }
    return module_of_type(PyType_Check(v) ? (PyTypeObject *)v : type);
}

/* Whether it is code, or a class, of the record, which is not listed. */
bool
is_own(PyObject *callee)
{
    if (Py_IS_TYPE(callee, &PyMethod_Type)) {
        callee = PyMethod_GET_FUNCTION(callee);
    }
    if (Py_IS_TYPE(callee, &PyFunction_Type)) {
        /* The hidden function of type parameters is untraced, and not listed. */
        return is_traced_file(((PyCodeObject *)((PyFunctionObject *)callee)->func_code)->co_filename);
    }
    /* A name without a dot is that of a type of builtins. */
    if (!PyType_Check(callee)
        || (!(((PyTypeObject *)callee)->tp_flags & Py_TPFLAGS_HEAPTYPE)
            && strchr(((PyTypeObject *)callee)->tp_name, '.') == NULL)) {
        return false;
    }
    PyObject *module = callable_module(callee);
    bool own = module != NULL && T.module_name != NULL && PyUnicode_CheckExact(module)
        && inline_equal(module, T.module_name);
    Py_XDECREF(module);
    return own;
}

/* Whether a module written in C is one that imports give: the program may have another one of its name, which ends with
 * what refers to it. A dict whose keys are all str compares them without code of the program. */
static bool
is_imported(PyObject *module)
{
    PyObject *all = PyImport_GetModuleDict();
    PyModuleDef *def = module != NULL && PyModule_Check(module) ? PyModule_GetDef(module) : NULL;
    if (def == NULL || !PyDict_CheckExact(all)
        || ((PyDictObject *)all)->ma_keys->dk_kind == DICT_KEYS_GENERAL) {
        PyErr_Clear();
        return false;
    }
    PyObject *found = NULL;
    PyDict_GetItemStringRef(all, def->m_name, &found);
    PyErr_Clear();
    Py_XDECREF(found);
    return found == module;
}

static bool
is_permanent_type(PyTypeObject *type)
{
    if ((type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0) {
        return true;
    }
    return (type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE) != 0
        && is_imported(((PyHeapTypeObject *)type)->ht_module);
}

/* Whether it lives as long as the process, so that to hold it keeps nothing of the program. */
static bool
is_permanent(PyObject *callee)
{
    PyTypeObject *type = Py_TYPE(callee);
    if (type == &PyMethodDescr_Type) {
        return is_permanent_type(PyDescr_TYPE(callee));
    }
    if (type == &PyCFunction_Type) {
        return builtin_owner(callee) == NULL && is_imported(PyCFunction_GET_SELF(callee));
    }
    return PyType_Check(callee) && is_permanent_type((PyTypeObject *)callee);
}

/* Name and home of a callable, found anew. Owned; NULL where it has none. */
static struct callee *
find_callee(PyObject *callee)
{
    PyObject *name = callable_name(callee);
    struct callee *c = name == NULL ? NULL : malloc(sizeof *c);
    if (c == NULL) {
        Py_XDECREF(name);
        return NULL;
    }
    PyObject *module = callable_module(callee);
    if (PyUnicode_CheckExact(name)) {
        /* One of the program's own kind has a hash of the program's own, which may do anything. */
        PyObject_Hash(name);
    }
    *c = (struct callee){.name = name, .refs = 1, .is_builtin = is_named(module, "builtins")};
    Py_XDECREF(module);
    return c;
}

/* Whether its name is kept by address: then it is none of the record's. */
bool
is_kept(PyObject *callee)
{
    return cache[place_of(callee)].callee == callee;
}

/* Name and home of a callable, kept by address where it lives as long as the process. Owned; NULL where it has none. */
struct callee *
callee_of(PyObject *callee)
{
    size_t i = place_of(callee);
    struct callee *c = cache[i].named;
    if (cache[i].callee == callee) {
        c->refs++;
        return c;
    }
    c = find_callee(callee);
    if (c != NULL && is_permanent(callee)) {
        Py_XSETREF(cache[i].callee, Py_NewRef(callee));
        callee_release(cache[i].named);
        cache[i].named = c;
        c->refs++;
    }
    return c;
}

void
callees_clear(void)
{
    for (int i = 0; i < NAMES_CACHED; i++) {
        Py_CLEAR(cache[i].callee);
        callee_release(cache[i].named);
        cache[i].named = NULL;
    }
}
