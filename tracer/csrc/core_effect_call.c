/* What a call can change, and how what can change is noted. */
#include "core.h"
#include "core_effect.h"

void
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

void
expect_all(frame *fr)
{
    expect(fr, PEND_ALL, NULL, 0);
}

/* An object that a store or a method of its own changes, and what lies behind it. */
void
expect_object(frame *fr, PyObject *v)
{
    if (v == NULL || PyDict_CheckExact(v)) {
        return;
    }
    if (PyMemoryView_Check(v) || PyWeakref_CheckProxy(v) || PyType_IsSubtype(Py_TYPE(v), &PyDictProxy_Type)) {
        expect_all(fr);
        return;
    }
    expect(fr, PEND_ONE, v, 0);
}

/* A callable in C that changes nothing but what its operands, where they are lazy or foreign, change. */
void
expect_operands(frame *fr, PyObject *const *operands, Py_ssize_t n, bool each)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *v = operands[i];
        if (v == NULL || is_scalar_type(Py_TYPE(v))) {
            continue;
        }
        if (T.saw_foreign || is_lazy(v)) {
            expect_all(fr);
            return;
        }
        if (each && PyDict_CheckExact(v)) {
            expect_dict(fr, v);
        } else if (each) {
            expect_object(fr, v);
        }
    }
}

/* Whether a function in C changes nothing but its operands: others may call hooks, handlers, or what waits for its end. */
static bool
is_calm_function(PyObject *callee)
{
    PyObject *module = ((PyCFunctionObject *)callee)->m_module;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(lib.calm_modules); i++) {
        if (module == lib.calm_modules[i]) {
            return true;
        }
    }
    return false;
}

/* A dict without a number may be that of an instance: nothing tells of the instance. */
void
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

bool
is_traced_function(PyObject *v)
{
    return PyFunction_Check(v) && is_traced_code(((PyFunctionObject *)v)->func_code);
}

/* Whether an initialiser that `dataclass` wrote calls nothing that the interpreter does not tell of: it holds defaults,
 * and what makes them. */
static bool
stores_only(PyTypeObject *type, PyFunctionObject *init)
{
    PyObject *held = init->func_closure, *then = _PyType_Lookup(type, lib.post_init_name);
    bool is_known = PyUnicode_EqualToUTF8(((PyCodeObject *)init->func_code)->co_filename, "<string>")
        && (then == NULL || PyFunction_Check(then)) && is_plain_type(type);
    for (Py_ssize_t i = 0; is_known && held != NULL && i < PyTuple_GET_SIZE(held); i++) {
        PyObject *v = PyCell_GET(PyTuple_GET_ITEM(held, i));
        is_known = v == NULL || Py_TYPE(v)->tp_call == NULL || !is_foreign_callable(v);
    }
    return is_known;
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
    bool is_own_new = make != NULL && Py_IS_TYPE(make, &PyCFunction_Type) && PyType_Check(PyCFunction_GET_SELF(make));
    bool plain_new = is_own_new || (make != NULL && Py_IS_TYPE(make, &PyStaticMethod_Type));
    return plain_new && init != NULL
        && (Py_IS_TYPE(init, &PyWrapperDescr_Type) || is_traced_function(init)
            || (PyFunction_Check(init) && stores_only(type, (PyFunctionObject *)init)));
}

/* Whether the getter (0), setter (1) or deleter (2) of a property is a function in Python, of which the interpreter tells. */
bool
is_python_property(PyObject *property, int which)
{
    /* The head of propertyobject. */
    PyObject *function = ((PyObject **)(property + 1))[which];
    return function == NULL || PyFunction_Check(function);
}

bool
has_plain_attribute(PyTypeObject *type, PyObject *name)
{
    if (is_settled_type(type)) {
        return true;
    }
    if (type->tp_getattro != PyObject_GenericGetAttr && type->tp_flags & Py_TPFLAGS_HEAPTYPE
        && !is_record_type(type) && !PyType_IsSubtype(type, &PyType_Type)
        && type != &PyModule_Type) {
        return false;
    }
    if (type->tp_getattro != PyObject_GenericGetAttr && is_record_type(type) && !is_plain_type(type)) {
        return false;
    }
    PyObject *found = _PyType_Lookup(type, name);
    if (found == NULL || Py_TYPE(found)->tp_descr_get == NULL) {
        return true;
    }
    PyTypeObject *kind = Py_TYPE(found);
    if (kind == &PyProperty_Type) {
        return is_record_type(type) && is_python_property(found, 0);
    }
    return !(kind->tp_flags & Py_TPFLAGS_HEAPTYPE) || is_record_type(kind);
}

/* Whether it is a function that looks up an attribute by a name that it is given. */
bool
is_lookup(PyObject *callee)
{
    const char *name = ((PyCFunctionObject *)callee)->m_ml->ml_name;
    return strcmp(name, "getattr") == 0 || strcmp(name, "hasattr") == 0;
}

void
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
        } else if (is_calm_function(callee)) {
            expect_operands(fr, operands, n, true);
        } else {
            expect_all(fr);
        }
    } else if (type == &PyMethod_Type) {
        if (!is_traced_function(PyMethod_GET_FUNCTION(callee))) {
            expect_all(fr);
        }
    } else if ((callee == (PyObject *)&PyMap_Type || callee == (PyObject *)&PyFilter_Type) && n > 0) {
        /* They ask for iterators, and call nothing yet. */
        expect_operands(fr, operands + 1, n - 1, false);
    } else if (PyType_Check(callee) && !(((PyTypeObject *)callee)->tp_flags & Py_TPFLAGS_HEAPTYPE)) {
        expect_operands(fr, operands, n, false);
    } else if (!PyType_Check(callee) || !has_plain_construction((PyTypeObject *)callee)) {
        expect_all(fr);
    }
}
