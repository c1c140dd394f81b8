/* Names of types and callables, read from their heads: no attribute lookup that a program could answer. */
#include "core.h"
#include "internal/pycore_moduleobject.h"

typedef struct {
    PyObject_HEAD
    PyWrapperDescrObject *descr;
    PyObject *self;
} method_wrapper;

static bool
is_plain_module(PyObject *name)
{
    return PyUnicode_EqualToUTF8(name, "builtins") || PyUnicode_EqualToUTF8(name, "record")
        || PyUnicode_EqualToUTF8(name, "__main__") || PyUnicode_GET_LENGTH(name) == 0;
}

static PyObject *
joined(PyObject *module, PyObject *name)
{
    if (module == NULL || !PyUnicode_CheckExact(module) || is_plain_module(module)) {
        return Py_NewRef(name);
    }
    return PyUnicode_FromFormat("%U.%U", module, name);
}

/* Qualified name of a class, with its module unless that is plain. New reference. */
PyObject *
type_name(PyTypeObject *type)
{
    PyObject *name = PyType_GetQualName(type);
    PyObject *module = PyType_GetModuleName(type);
    PyErr_Clear();
    PyObject *text = name == NULL ? NULL : joined(module, name);
    Py_XDECREF(name);
    Py_XDECREF(module);
    return text;
}

static PyObject *
method_name(PyTypeObject *owner, PyObject *name)
{
    PyObject *of = type_name(owner);
    PyObject *text = of == NULL || name == NULL ? NULL : PyUnicode_FromFormat("%U.%U", of, name);
    Py_XDECREF(of);
    return text;
}

static PyObject *
owned_name(PyObject *owner, PyObject *module, PyObject *name)
{
    if (owner == NULL || owner == Py_None || PyModule_Check(owner)) {
        return joined(module, name);
    }
    return method_name(PyType_Check(owner) ? (PyTypeObject *)owner : Py_TYPE(owner), name);
}

/* Qualified name of a callable, or the name of its type where it has none of its own. New reference. */
PyObject *
callable_name(PyObject *v)
{
    PyTypeObject *type = Py_TYPE(v);
    if (type == &PyFunction_Type) {
        PyFunctionObject *f = (PyFunctionObject *)v;
        return joined(f->func_module, f->func_qualname);
    }
    if (type == &PyMethod_Type) {
        return callable_name(PyMethod_GET_FUNCTION(v));
    }
    PyObject *text = NULL, *name = NULL;
    if (type == &PyCFunction_Type) {
        name = PyUnicode_FromString(((PyCFunctionObject *)v)->m_ml->ml_name);
        text = name == NULL
            ? NULL
            : owned_name(PyCFunction_GET_SELF(v), ((PyCFunctionObject *)v)->m_module, name);
    } else if (type == lib.method_wrapper) {
        method_wrapper *w = (method_wrapper *)v;
        name = PyUnicode_FromString(w->descr->d_base->name);
        text = name == NULL ? NULL : owned_name(w->self, NULL, name);
    } else if (type == &PyMethodDescr_Type || type == &PyWrapperDescr_Type
               || type == &PyClassMethodDescr_Type || type == &PyGetSetDescr_Type
               || type == &PyMemberDescr_Type) {
        text = method_name(PyDescr_TYPE(v), PyDescr_NAME(v));
    } else {
        text = type_name(PyType_Check(v) ? (PyTypeObject *)v : type);
    }
    Py_XDECREF(name);
    return text;
}

/* What a bound builtin belongs to; NULL for a function of a module. Borrowed. */
PyObject *
builtin_owner(PyObject *v)
{
    PyObject *owner = NULL;
    if (Py_IS_TYPE(v, &PyCFunction_Type)) {
        owner = PyCFunction_GET_SELF(v);
    } else if (Py_IS_TYPE(v, lib.method_wrapper)) {
        owner = ((method_wrapper *)v)->self;
    }
    return owner == NULL || owner == Py_None || PyModule_Check(owner) ? NULL : owner;
}

/* The value under a str key of a dict, compared by content only. Borrowed. */
PyObject *
dict_get(PyObject *dict, PyObject *name)
{
    PyDictKeysObject *keys = ((PyDictObject *)dict)->ma_keys;
    if (DK_IS_UNICODE(keys)) {
        PyObject *found = PyDict_GetItemWithError(dict, name);
        PyErr_Clear();
        return found;
    }
    Py_ssize_t at = 0;
    PyObject *key, *value;
    while (PyDict_Next(dict, &at, &key, &value)) {
        if (PyUnicode_CheckExact(key) && inline_equal(key, name)) {
            return value;
        }
    }
    return NULL;
}

static PyObject *
dict_get_text(PyObject *dict, const char *name)
{
    PyObject *key = PyUnicode_InternFromString(name);
    PyObject *found = key == NULL || dict == NULL ? NULL : dict_get(dict, key);
    Py_XDECREF(key);
    return found;
}

/* What the module's own dict says, or an empty text. New reference. */
PyObject *
module_name(PyObject *module)
{
    PyObject *name = dict_get_text(((PyModuleObject *)module)->md_dict, "__name__");
    return name != NULL && PyUnicode_CheckExact(name) ? Py_NewRef(name) : PyUnicode_FromString("");
}

/* The `_fields` of a named tuple, or NULL. Borrowed. */
PyObject *
tuple_names(PyTypeObject *type)
{
    PyObject *mro = type->tp_mro;
    for (Py_ssize_t i = 0; mro != NULL && i < PyTuple_GET_SIZE(mro); i++) {
        PyObject *names = dict_get_text(((PyTypeObject *)PyTuple_GET_ITEM(mro, i))->tp_dict, "_fields");
        bool fits = names != NULL && PyTuple_CheckExact(names);
        for (Py_ssize_t k = 0; fits && k < PyTuple_GET_SIZE(names); k++) {
            fits = PyUnicode_CheckExact(PyTuple_GET_ITEM(names, k));
        }
        if (fits) {
            return names;
        }
    }
    return NULL;
}

/* Whether the class is written in the record: its own dict says so. */
bool
is_own_class(PyTypeObject *type)
{
    PyObject *module = type->tp_dict == NULL ? NULL : dict_get_text(type->tp_dict, "__module__");
    return module != NULL && PyUnicode_CheckExact(module) && T.module_name != NULL
        && inline_equal(module, T.module_name);
}
