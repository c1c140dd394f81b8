/* Layouts of built-in iterators that CPython 3.13 keeps private (Objects/iterobject.c, dictobject.c, setobject.c,
 * unicodeobject.c, bytesobject.c, enumobject.c …). */
#ifndef TRACEMILL_ITERATORS_H
#define TRACEMILL_ITERATORS_H

#include <Python.h>

struct sequence_iterator {
    PyObject_HEAD
    Py_ssize_t index;
    PyObject *sequence; /* NULL once exhausted */
};
struct long_range_iterator {
    PyObject_HEAD
    PyObject *start;
    PyObject *step;
    PyObject *length;
};
struct dict_iterator {
    PyObject_HEAD
    PyDictObject *dict;
    Py_ssize_t used;
    Py_ssize_t position;
    PyObject *result;
    Py_ssize_t left;
};
struct set_iterator {
    PyObject_HEAD
    PySetObject *set;
    Py_ssize_t used;
    Py_ssize_t position;
    Py_ssize_t left;
};
struct enumerate_iterator {
    PyObject_HEAD
    Py_ssize_t index;
    PyObject *inner;
    PyObject *result;
    PyObject *long_index;
};
struct map_iterator {
    PyObject_HEAD
    PyObject *inner;
    PyObject *function;
};
struct filter_iterator {
    PyObject_HEAD
    PyObject *function;
    PyObject *inner;
};
struct zip_iterator {
    PyObject_HEAD
    Py_ssize_t count;
    PyObject *inner;
};
struct callable_iterator {
    PyObject_HEAD
    PyObject *callable;
    PyObject *sentinel;
};

#endif
