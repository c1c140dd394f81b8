/* Memory by its address through ctypes, told from structures, buffers and functions of C, which a program may use: facts for a
 * label, no defence. Functions of C can write anywhere, and so can a pointer that was made of bytes; both stay unseen. */
#include "harness.h"
#include <string.h>

/* Functions of ctypes that take addresses as their first arguments; where they are, once ctypes is loaded. */
static struct taker {
    const char *name;
    Py_ssize_t addresses;
    void *place;
} takers[] = {
    {"_memmove_addr", 2, NULL},   {"_memset_addr", 1, NULL}, {"_string_at_addr", 1, NULL},
    {"_wstring_at_addr", 1, NULL}, {"_cast_addr", 1, NULL},
};

static ternaryfunc call_function; /* of every function of C */
static PyCMethod copy_buffer; /* what makes an object of a buffer's bytes */
/* Classes whose objects may stand for an address; owned, for the life of the process, as the next. */
static struct pointer {
    const char *name;
    PyObject *class;
} pointers[] = {{"c_void_p", NULL}, {"c_char_p", NULL}, {"c_wchar_p", NULL}};
static PyObject *kept_objects; /* the descriptor of what an object of ctypes keeps alive */
static Py_ssize_t buffer_place; /* where the next object may lie: in a buffer of the program */

/* The pointer that an object of ctypes consists of; NULL where it is no pointer. */
static void *
pointer_in(PyObject *object)
{
    Py_buffer view;
    void *pointer = NULL;
    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) < 0) {
        PyErr_Clear();
        return NULL;
    }
    if (view.len == (Py_ssize_t)sizeof(pointer)) {
        memcpy(&pointer, view.buf, sizeof(pointer));
    }
    PyBuffer_Release(&view);
    return pointer;
}

static bool
is_pointer(PyObject *arg)
{
    bool is_one = false;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(pointers); i++) {
        is_one |= PyObject_TypeCheck(arg, (PyTypeObject *)pointers[i].class);
    }
    return is_one;
}

/* A number, also in a pointer that was not made of an object: NULL is none. Of a longer one ctypes takes the lower bits. */
static bool
is_address(PyObject *arg)
{
    if (PyLong_Check(arg)) {
        unsigned long place = PyLong_AsUnsignedLongMask(arg);
        PyErr_Clear();
        return place != 0;
    }
    if (!is_pointer(arg) || pointer_in(arg) == NULL) {
        return false;
    }
    PyObject *kept = Py_TYPE(kept_objects)->tp_descr_get(kept_objects, arg, (PyObject *)Py_TYPE(arg));
    bool is_of_object = kept != NULL && kept != Py_None;
    Py_XDECREF(kept);
    PyErr_Clear();
    return !is_of_object;
}

static PyObject *
on_call(PyObject *self, PyObject *args, PyObject *named)
{
    void *place = harness.counting && harness_quiet == 0 ? pointer_in(self) : NULL;
    for (size_t i = 0; place != NULL && i < Py_ARRAY_LENGTH(takers); i++) {
        for (Py_ssize_t at = 0; takers[i].place == place && at < takers[i].addresses; at++) {
            if (at < PyTuple_GET_SIZE(args) && is_address(PyTuple_GET_ITEM(args, at))) {
                harness_tampered();
            }
        }
    }
    return call_function(self, args, named);
}

/* Classes that follow take the slot from the descriptor. */
static void
watch_class(PyTypeObject *class)
{
    if (class->tp_call == call_function) {
        class->tp_call = on_call;
    }
    PyObject *below = PyObject_CallMethod((PyObject *)class, "__subclasses__", NULL);
    for (Py_ssize_t i = 0; below != NULL && i < PyList_GET_SIZE(below); i++) {
        watch_class((PyTypeObject *)PyList_GET_ITEM(below, i));
    }
    Py_XDECREF(below);
}

/* It tells of the buffer as from_buffer() does, and nothing lies in that. */
static PyObject *
on_copy(PyObject *class, PyTypeObject *owner, PyObject *const *args, size_t n, PyObject *names)
{
    PyObject *made = copy_buffer(class, owner, args, n, names);
    buffer_place = 0;
    return made;
}

static void
watch_copies(PyObject *library)
{
    static const char *const bases[] = {"Structure", "Union", "Array", "_Pointer", "_SimpleCData", "CFuncPtr"};
    for (size_t i = 0; i < Py_ARRAY_LENGTH(bases); i++) {
        PyObject *base = PyObject_GetAttrString(library, bases[i]);
        PyObject *copy = base == NULL ? NULL : PyObject_GetAttrString((PyObject *)Py_TYPE(base), "from_buffer_copy");
        PyMethodDef *method = copy == NULL || !Py_IS_TYPE(copy, &PyMethodDescr_Type) ? NULL : ((PyMethodDescrObject *)copy)->d_method;
        /* Some of these classes share one. */
        if (method != NULL && method->ml_flags == (METH_METHOD | METH_FASTCALL | METH_KEYWORDS)
            && method->ml_meth != (PyCFunction)(void *)on_copy) {
            copy_buffer = (PyCMethod)(void *)method->ml_meth;
            method->ml_meth = (PyCFunction)(void *)on_copy;
        }
        Py_XDECREF(copy);
        Py_XDECREF(base);
    }
    PyErr_Clear();
}

static bool
find_pointers(PyObject *module)
{
    bool has_all = true;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(pointers); i++) {
        pointers[i].class = PyObject_GetAttrString(module, pointers[i].name);
        has_all &= pointers[i].class != NULL && PyType_Check(pointers[i].class);
    }
    return has_all;
}

static void
watch_calls(PyObject *library, PyObject *module)
{
    PyObject *functions = PyObject_GetAttrString(library, "CFuncPtr");
    PyObject *simple = PyObject_GetAttrString(library, "_SimpleCData");
    PyObject *caller = functions == NULL ? NULL : PyObject_GetAttrString(functions, "__call__");
    PyObject *kept = simple == NULL ? NULL : PyObject_GetAttrString(simple, "_objects");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(takers); i++) {
        PyObject *place = PyObject_GetAttrString(library, takers[i].name);
        takers[i].place = place == NULL ? NULL : PyLong_AsVoidPtr(place);
        Py_XDECREF(place);
    }
    if (caller != NULL && Py_IS_TYPE(caller, &PyWrapperDescr_Type) && kept != NULL
        && Py_TYPE(kept)->tp_descr_get != NULL && find_pointers(module)) {
        kept_objects = Py_NewRef(kept);
        call_function = ((PyTypeObject *)functions)->tp_call;
        ((PyWrapperDescrObject *)caller)->d_wrapped = (void *)on_call;
        watch_class((PyTypeObject *)functions);
    }
    Py_XDECREF(kept);
    Py_XDECREF(caller);
    Py_XDECREF(simple);
    Py_XDECREF(functions);
    PyErr_Clear();
}

static Py_ssize_t
number_at(PyObject *args, Py_ssize_t at)
{
    Py_ssize_t number = at < PyTuple_GET_SIZE(args) ? PyLong_AsSsize_t(PyTuple_GET_ITEM(args, at)) : 0;
    PyErr_Clear();
    return number;
}

/* Hears of events of ctypes; true where one is the use of memory by its address. */
bool
harness_is_by_address(const char *event, PyObject *args)
{
    /* `ctypes` opens the interpreter itself while it is loaded, before it makes a function. */
    if (strcmp(event, "ctypes.dlopen") == 0 && call_function == NULL) {
        PyObject *modules = PyImport_GetModuleDict();
        PyObject *library = PyDict_GetItemString(modules, "_ctypes");
        PyObject *module = PyDict_GetItemString(modules, "ctypes");
        if (library != NULL && module != NULL) {
            watch_calls(library, module);
            watch_copies(library);
        }
    } else if (strcmp(event, "ctypes.cdata/buffer") == 0) {
        buffer_place = number_at(args, 0) + number_at(args, 2);
    } else if (strcmp(event, "ctypes.cdata") == 0) {
        bool is_buffer = buffer_place != 0 && number_at(args, 0) == buffer_place;
        buffer_place = 0;
        return !is_buffer;
    }
    return strcmp(event, "ctypes.call_function") == 0 || strcmp(event, "ctypes.PyObj_FromPtr") == 0;
}
