/* The functions of tracer._peek that tell what an object is made of. */
#include "peek.h"

static PyObject *
to_list(struct words *words)
{
    PyObject *list = words->failed ? NULL : PyList_New((Py_ssize_t)words->count);
    for (size_t i = 0; list != NULL && i < words->count; i++) {
        PyObject *object = (PyObject *)words->data[i];
        PyList_SET_ITEM(list, (Py_ssize_t)i, Py_NewRef(object == NULL ? peek_null : object));
    }
    if (words->failed) {
        PyErr_NoMemory();
    }
    words_free(words);
    return list;
}

static PyObject *
items(PyObject *Py_UNUSED(module), PyObject *object)
{
    struct words out = {0};
    peek_items(object, &out);
    return to_list(&out);
}

static PyObject *
members(PyObject *Py_UNUSED(module), PyObject *object)
{
    struct words out = {0};
    if (PyAnySet_Check(object)) {
        peek_members(object, &out);
    }
    return to_list(&out);
}

static PyObject *
entries(PyObject *Py_UNUSED(module), PyObject *object)
{
    struct words out = {0};
    if (PyDict_Check(object)) {
        peek_entries(object, &out);
    }
    return to_list(&out);
}

static PyObject *
fields(PyObject *Py_UNUSED(module), PyObject *object)
{
    struct words out = {0};
    peek_fields(object, &out);
    return to_list(&out);
}

static PyObject *
type_dict(PyObject *Py_UNUSED(module), PyObject *object)
{
    struct words out = {0};
    /* The dict of a static built-in type belongs to the interpreter, not to the type. */
    PyObject *dict = PyType_Check(object) ? PyType_GetDict((PyTypeObject *)object) : NULL;
    if (dict != NULL) {
        peek_entries(dict, &out);
        Py_DECREF(dict);
    }
    return to_list(&out);
}

static PyObject *
exception_parts(PyObject *Py_UNUSED(module), PyObject *object)
{
    struct words out = {0};
    if (PyExceptionInstance_Check(object)) {
        peek_exception(object, &out);
    }
    return to_list(&out);
}

/* function(object): its code and its positional defaults. The attributes would raise audit events. */
static PyObject *
function(PyObject *Py_UNUSED(module), PyObject *object)
{
    if (!PyFunction_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "not a function");
        return NULL;
    }
    PyFunctionObject *function = (PyFunctionObject *)object;
    PyObject *defaults = function->func_defaults;
    return Py_BuildValue("(OO)", function->func_code, defaults == NULL ? peek_null : defaults);
}

/* The one object that a cell, weak reference, view or proxy stands for; the null object where there is none. */
static PyObject *
target(PyObject *Py_UNUSED(module), PyObject *object)
{
    PyObject *found = NULL;
    PyTypeObject *type = Py_TYPE(object);
    if (PyCell_Check(object)) {
        found = PyCell_GET(object);
    } else if (PyWeakref_Check(object)) {
        found = ((PyWeakReference *)object)->wr_object;
        found = found == Py_None || Py_REFCNT(found) == 0 ? NULL : found;
    } else if (PyDictViewSet_Check(object) || PyDictValues_Check(object)) {
        found = (PyObject *)((_PyDictViewObject *)object)->dv_dict;
    } else if (PyMemoryView_Check(object)) {
        found = peek_viewed(object);
    } else if (type == &PyDictProxy_Type) {
        /* The head of mappingproxyobject: PyObject_HEAD and the mapping. */
        found = *(PyObject **)((char *)object + sizeof(PyObject));
    }
    return Py_NewRef(found == NULL ? peek_null : found);
}

/* hash_kind(set): over all members. */
static PyObject *
hash_kind(PyObject *Py_UNUSED(module), PyObject *object)
{
    struct words out = {0};
    int kind = 0;
    if (PyAnySet_Check(object) && ((PySetObject *)object)->used > 1) {
        peek_members(object, &out);
    }
    for (size_t i = 0; i < out.count; i++) {
        kind |= peek_hash_kind((PyObject *)out.data[i], 0);
    }
    words_free(&out);
    return PyLong_FromLong(kind);
}

PyMethodDef peek_storage_methods[] = {
    {"items", items, METH_O, "Items of a list, tuple or deque, or of a subclass, from its storage."},
    {"members", members, METH_O, "Members of a set or frozenset in the order of its table."},
    {"entries", entries, METH_O, "Keys and values of a dict, alternating, in its own order."},
    {"fields", fields, METH_O, "Names and values of slots and instance dict, alternating."},
    {"type_dict", type_dict, METH_O, "Names and values of a class's own dict, alternating."},
    {"exception_parts", exception_parts, METH_O, "args, cause and context of an exception."},
    {"function", function, METH_O, "Code and positional defaults of a function."},
    {"hash_kind", hash_kind, METH_O, "What the order of a set depends on: 1 the hash seed, 2 addresses."},
    {"target", target, METH_O, "What a cell, weak reference, view or proxy stands for."},
    {NULL, NULL, 0, NULL},
};
