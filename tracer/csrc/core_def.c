/* Which parts an object has, by its kind (docs/trace-format.md §5). Nothing of the program is ever called. */
#include "core.h"
#include "peek.h"

PyObject *peek_null; /* the readers of tracer._peek stand in this module too */

static void
add_link(def *d, int key, PyObject *v, Py_ssize_t distance)
{
    if (d->n_links < MAX_LINKS) {
        d->link_keys[d->n_links] = (uint8_t)key;
        d->links[d->n_links++] = meet(v, distance);
    }
}

static void
set_value(def *d, PyObject *v, Py_ssize_t distance)
{
    d->has_value = 1;
    d->value = meet(v, distance);
}

static PyObject *const *
pointers(const struct words *words)
{
    return (PyObject *const *)words->data;
}

static void
add_fields(def *d, PyObject *v, Py_ssize_t distance)
{
    struct words words = {0};
    peek_fields(v, &words);
    shape_fields(d, &words, distance);
    words_free(&words);
}

static void
add_sequence(def *d, PyObject *v, int kind, Py_ssize_t distance)
{
    struct words words = {0};
    if (kind == K_LIST) {
        shape_items(d, ((PyListObject *)v)->ob_item, PyList_GET_SIZE(v), distance);
    } else if (kind == K_SET || kind == K_FROZENSET) {
        peek_members(v, &words);
        shape_members(d, pointers(&words), (Py_ssize_t)words.count, distance);
    } else if (kind == K_DICT || kind == K_DICTLIKE) {
        peek_entries(v, &words);
        shape_entries(d, pointers(&words), (Py_ssize_t)words.count, distance);
    } else {
        peek_items(v, &words);
        shape_items(d, pointers(&words), (Py_ssize_t)words.count, distance);
    }
    words_free(&words);
}

static void
add_scalar(def *d, PyObject *v, Py_ssize_t distance)
{
    int base = PyLong_Check(v) ? 0 : PyFloat_Check(v) ? 1 : PyComplex_Check(v) ? 2 : PyUnicode_Check(v) ? 3 : 4;
    PyObject *args = PyObject_CallOneArg(lib.newargs[base], v);
    if (args == NULL || PyTuple_GET_SIZE(args) == 0) {
        PyErr_Clear();
    } else if (base == 2) {
        PyObject *exact = PyComplex_FromCComplex(((PyComplexObject *)v)->cval);
        set_value(d, exact, distance);
        Py_XDECREF(exact);
    } else {
        set_value(d, PyTuple_GET_ITEM(args, 0), distance);
    }
    Py_XDECREF(args);
}

static void
add_exception(def *d, PyObject *v, Py_ssize_t distance)
{
    PyBaseExceptionObject *e = (PyBaseExceptionObject *)v;
    PyObject *const *items = NULL;
    Py_ssize_t n = 0;
    if (e->args != NULL && PyTuple_Check(e->args)) {
        items = ((PyTupleObject *)e->args)->ob_item;
        n = PyTuple_GET_SIZE(e->args);
    }
    shape_items(d, items, n, distance);
    if (e->cause != NULL) {
        add_link(d, LINK_CAUSE, e->cause, distance);
    }
    if (e->context != NULL) {
        add_link(d, LINK_CONTEXT, e->context, distance);
    }
}

/* The head of a deque, from Modules/_collectionsmodule.c. */
struct deque_head {
    PyObject_VAR_HEAD
    void *blocks[2];
    Py_ssize_t indexes[2];
    size_t state;
    Py_ssize_t max_length;
};

static void
add_extras(def *d, PyObject *v, Py_ssize_t distance)
{
    PyTypeObject *type = Py_TYPE(v);
    if (PyTuple_Check(v) && type != &PyTuple_Type) {
        d->names = Py_XNewRef(tuple_names(type));
    } else if (PyType_IsSubtype(type, lib.deque)) {
        Py_ssize_t maxlen = ((struct deque_head *)v)->max_length;
        if (maxlen >= 0) {
            PyObject *n = PyLong_FromSsize_t(maxlen);
            add_link(d, LINK_MAXLEN, n, distance);
            Py_XDECREF(n);
        }
    } else if (PyType_IsSubtype(type, lib.defaultdict)) {
        /* The storage of a dict is followed by the factory. */
        PyObject *factory = *(PyObject **)((char *)v + sizeof(PyDictObject));
        add_link(d, LINK_DEFAULT_FACTORY, factory == NULL ? Py_None : factory, distance);
    }
}

static void
add_instance(def *d, PyObject *v, int kind, Py_ssize_t distance)
{
    if (kind == K_SCALAR) {
        add_scalar(d, v, distance);
    } else if (kind == K_EXCEPTION) {
        add_exception(d, v, distance);
    } else if (kind != K_INSTANCE) {
        add_sequence(d, v, kind, distance);
    }
    add_extras(d, v, distance);
    if (kind != K_DICT && kind != K_LIST && kind != K_TUPLE) {
        add_fields(d, v, distance);
    }
}

static PyObject *
field_of(const struct words *words, const char *name)
{
    PyObject *found = NULL;
    for (size_t i = 0; i < words->count; i += 2) {
        PyObject *key = (PyObject *)words->data[i];
        if (PyUnicode_CheckExact(key) && PyUnicode_EqualToUTF8(key, name)) {
            found = (PyObject *)words->data[i + 1];
        }
    }
    return found;
}

static void
add_enum(def *d, PyObject *v, Py_ssize_t distance)
{
    struct words words = {0};
    peek_fields(v, &words);
    PyObject *name = field_of(&words, "_name_");
    d->name = name != NULL && PyUnicode_CheckExact(name) ? Py_NewRef(name) : NULL;
    set_value(d, field_of(&words, "_value_"), distance);
    words_free(&words);
}

static bool
is_data(PyObject *name, PyObject *v, bool is_enum)
{
    PyTypeObject *type = Py_TYPE(v);
    Py_ssize_t n = PyUnicode_GET_LENGTH(name);
    bool dunder = n >= 2 && PyUnicode_READ_CHAR(name, 0) == '_' && PyUnicode_READ_CHAR(name, 1) == '_'
        && PyUnicode_READ_CHAR(name, n - 1) == '_' && PyUnicode_READ_CHAR(name, n - 2) == '_';
    if (is_enum && n > 0 && PyUnicode_READ_CHAR(name, 0) == '_' && PyUnicode_READ_CHAR(name, n - 1) == '_') {
        return false;
    }
    return !dunder && !PyUnicode_EqualToUTF8(name, "_abc_impl") && type != &PyFunction_Type
        && type != &PyClassMethod_Type && type != &PyStaticMethod_Type && type != &PyProperty_Type
        && type != &PyMemberDescr_Type && type != &PyGetSetDescr_Type;
}

static void
add_class(def *d, PyTypeObject *type, Py_ssize_t distance)
{
    d->name = type_name(type);
    if (!is_own_class(type)) {
        return;
    }
    bool is_enum = PyType_IsSubtype(Py_TYPE(type), lib.enum_type);
    struct words words = {0}, shown = {0};
    peek_entries(type->tp_dict, &words);
    for (size_t i = 0; i < words.count; i += 2) {
        PyObject *name = (PyObject *)words.data[i], *v = (PyObject *)words.data[i + 1];
        if (PyUnicode_CheckExact(name) && is_data(name, v, is_enum)) {
            words_add(&shown, name);
            words_add(&shown, v);
        }
    }
    shape_fields(d, &shown, distance);
    words_free(&words);
    words_free(&shown);
}

static void
add_function(def *d, PyObject *v, Py_ssize_t distance)
{
    PyFunctionObject *f = (PyFunctionObject *)v;
    if (!is_traced_file(((PyCodeObject *)f->func_code)->co_filename)) {
        d->name = callable_name(v);
        return;
    }
    d->name = Py_NewRef(f->func_qualname);
    if (f->func_defaults != NULL && PyTuple_Check(f->func_defaults)
        && PyTuple_GET_SIZE(f->func_defaults) > 0) {
        shape_items(d, ((PyTupleObject *)f->func_defaults)->ob_item,
                    PyTuple_GET_SIZE(f->func_defaults), distance);
    }
    add_fields(d, v, distance);
}

static void
add_partial(def *d, PyObject *v, Py_ssize_t distance)
{
    const struct partial *p = (struct partial *)v;
    struct words words = {0};
    shape_items(d, ((PyTupleObject *)p->args)->ob_item, PyTuple_GET_SIZE(p->args), distance);
    peek_entries(p->keywords, &words);
    shape_entries(d, pointers(&words), (Py_ssize_t)words.count, distance);
    words_free(&words);
    add_link(d, LINK_FUNC, p->function, distance);
}

static void
add_array(def *d, PyObject *v, Py_ssize_t distance)
{
    PyObject *list = PyObject_CallOneArg(lib.tolist, v);
    if (list == NULL) {
        PyErr_Clear();
        return;
    }
    shape_items(d, ((PyListObject *)list)->ob_item, PyList_GET_SIZE(list), distance);
    Py_DECREF(list);
}

/* What a StringIO or BytesIO holds; NULL where it is closed. New reference. */
PyObject *
stream_content(PyObject *v)
{
    PyObject *content = PyObject_CallOneArg(
        Py_IS_TYPE(v, lib.string_io) ? lib.string_value : lib.bytes_value, v);
    PyErr_Clear();
    return content;
}

/* What a cell, weak reference, view or proxy stands for; NULL where there is nothing. Borrowed. */
PyObject *
target_of(PyObject *v)
{
    PyTypeObject *type = Py_TYPE(v);
    if (type == &PyCell_Type) {
        return PyCell_GET(v);
    }
    if (type == &_PyWeakref_RefType) {
        PyObject *found = ((PyWeakReference *)v)->wr_object;
        return found == Py_None || Py_REFCNT(found) == 0 ? NULL : found;
    }
    if (type == &PyMemoryView_Type) {
        /* A view that was released keeps the address of what it viewed, which may be gone. */
        const PyMemoryViewObject *view = (PyMemoryViewObject *)v;
        bool is_released = view->flags & _Py_MEMORYVIEW_RELEASED
            || view->mbuf->flags & _Py_MANAGED_BUFFER_RELEASED;
        return is_released ? NULL : view->view.obj;
    }
    if (type == &PyDictProxy_Type) {
        /* The head of mappingproxyobject: PyObject_HEAD and the mapping. */
        return *(PyObject **)((char *)v + sizeof(PyObject));
    }
    return (PyObject *)((_PyDictViewObject *)v)->dv_dict;
}

static void
add_fixed(def *d, PyObject *v, int kind, Py_ssize_t distance)
{
    if (kind == K_OTHER_CLASS) {
        d->name = type_name((PyTypeObject *)v);
    } else if (kind == K_OTHER_FUNCTION) {
        d->name = callable_name(v);
    } else if (kind == K_MODULE) {
        d->name = module_name(v);
    } else if (kind == K_METHOD) {
        d->name = callable_name(v);
        add_link(d, LINK_SELF, PyMethod_GET_SELF(v), distance);
    } else if (kind == K_BUILTIN) {
        d->name = callable_name(v);
        PyObject *owner = builtin_owner(v);
        if (owner != NULL) {
            add_link(d, LINK_SELF, owner, distance);
        }
    } else if (kind == K_SLICE) {
        add_link(d, LINK_START, ((PySliceObject *)v)->start, distance);
        add_link(d, LINK_STOP, ((PySliceObject *)v)->stop, distance);
        add_link(d, LINK_STEP, ((PySliceObject *)v)->step, distance);
    } else if (kind == K_GENERATOR) {
        d->name = Py_XNewRef(((PyGenObject *)v)->gi_qualname);
    } else if (kind == K_REPR) {
        d->repr = library_repr(v);
    } else if (kind == K_ITERATOR) {
        add_fields(d, v, distance);
    }
}

static void
describe_into(def *d, PyObject *v, int kind, Py_ssize_t distance)
{
    if (kind == K_ENUM) {
        add_enum(d, v, distance);
    } else if (kind == K_CLASS) {
        add_class(d, (PyTypeObject *)v, distance);
    } else if (kind == K_FUNCTION) {
        add_function(d, v, distance);
    } else if (kind == K_PARTIAL) {
        add_partial(d, v, distance);
    } else if (kind == K_ARRAY) {
        add_array(d, v, distance);
    } else if (kind == K_BYTEARRAY) {
        PyObject *b = PyBytes_FromStringAndSize(PyByteArray_AS_STRING(v), PyByteArray_GET_SIZE(v));
        set_value(d, b, distance);
        Py_XDECREF(b);
    } else if (kind == K_STREAM) {
        PyObject *content = stream_content(v);
        set_value(d, content, distance);
        Py_XDECREF(content);
    } else if (kind == K_WEAKREF || kind == K_CELL || kind == K_VIEW) {
        add_link(d, LINK_OVER, target_of(v), distance);
    } else if (kind > K_FIXED) {
        add_fixed(d, v, kind, distance);
    } else {
        add_instance(d, v, kind, distance);
    }
}

/* The present state of an object; what it refers to is `distance` away. NULL after a fault. */
def *
describe(PyObject *v, int kind, Py_ssize_t distance)
{
    def *d = calloc(1, sizeof *d);
    if (d == NULL) {
        no_memory();
        return NULL;
    }
    d->type = type_name(Py_TYPE(v));
    describe_into(d, v, kind, distance);
    if (d->type == NULL) {
        no_memory();
    }
    return d;
}

void
def_free(def *d)
{
    if (d == NULL) {
        return;
    }
    if (d->texts != NULL) {
        for (Py_ssize_t i = 0; i < d->items.n; i++) {
            Py_XDECREF(d->texts[i]);
        }
        free(d->texts);
    }
    Py_XDECREF(d->type);
    Py_XDECREF(d->name);
    Py_XDECREF(d->repr);
    Py_XDECREF(d->names);
    val_drop(d->value);
    for (int i = 0; i < d->n_links; i++) {
        val_drop(d->links[i]);
    }
    vec_clear(&d->items);
    vec_clear(&d->entries);
    vec_clear(&d->cut);
    vec_clear(&d->order);
    vec_clear(&d->fields);
    free(d->words);
    free(d);
}
