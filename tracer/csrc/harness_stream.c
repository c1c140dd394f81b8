/* The raw streams under sys.stdout and sys.stderr: every write is a check point of the harness. They are classes in C, so
 * that no function of them leads a program to the names of the harness. */
#include "harness.h"

static PyObject *
write_to(int fd, PyObject *self, PyObject *data)
{
    PyObject *closed = PyObject_GetAttrString(self, "closed");
    int is_closed = closed == NULL ? -1 : PyObject_IsTrue(closed);
    Py_XDECREF(closed);
    if (is_closed != 0) {
        if (is_closed > 0) {
            PyErr_SetString(PyExc_ValueError, "I/O operation on closed file");
        }
        return NULL;
    }
    PyObject *args = Py_BuildValue("iO", fd, data);
    PyObject *length = args == NULL ? NULL : harness_write(NULL, args);
    Py_XDECREF(args);
    return length;
}

#define STREAM(which, fd)                                                                          \
    static PyObject *which##_write(PyObject *self, PyObject *data)                                  \
    {                                                                                              \
        return write_to(fd, self, data);                                                           \
    }                                                                                              \
    static PyObject *which##_fileno(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(unused))         \
    {                                                                                              \
        return PyLong_FromLong(fd);                                                                \
    }                                                                                              \
    static PyMethodDef which##_methods[] = {                                                        \
        {"write", which##_write, METH_O, NULL},                                                     \
        {"fileno", which##_fileno, METH_NOARGS, NULL},                                              \
        {"isatty", answer_false, METH_NOARGS, NULL},                                               \
        {"writable", answer_true, METH_NOARGS, NULL},                                              \
        {NULL, NULL, 0, NULL},                                                                     \
    };                                                                                             \
    static PyType_Slot which##_slots[] = {{Py_tp_methods, which##_methods}, {0, NULL}};              \
    static PyType_Spec which##_spec = {                                                             \
        .name = "io._Output",                                                                      \
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,                                         \
        .slots = which##_slots,                                                                     \
    };

static PyObject *
answer_true(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(unused))
{
    Py_RETURN_TRUE;
}

static PyObject *
answer_false(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(unused))
{
    Py_RETURN_FALSE;
}

STREAM(out, 1)
STREAM(err, 2)

/* output(fd) -> raw stream of descriptor 1 or 2. */
PyObject *
harness_output_stream(PyObject *Py_UNUSED(module), PyObject *fd)
{
    PyObject *io = PyImport_ImportModule("io");
    PyObject *base = io == NULL ? NULL : PyObject_GetAttrString(io, "RawIOBase");
    PyObject *class = NULL;
    if (base != NULL) {
        class = PyType_FromSpecWithBases(PyLong_AsLong(fd) == 2 ? &err_spec : &out_spec, base);
    }
    PyObject *stream = class == NULL ? NULL : PyObject_CallNoArgs(class);
    Py_XDECREF(class);
    Py_XDECREF(base);
    Py_XDECREF(io);
    return stream;
}
