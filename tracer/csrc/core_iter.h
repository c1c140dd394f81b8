/* Layouts of iterators that CPython 3.13 keeps private (Objects/iterobject.c, dictobject.c, setobject.c, enumobject.c). */
#ifndef TRACEMILL_CORE_ITER_H
#define TRACEMILL_CORE_ITER_H

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

/* Parts of a state, as §9.5 of the format has them. */
enum { HAS_OVER = 1, HAS_AT = 2, HAS_LEFT = 4, HAS_STATE = 8, HAS_LINE = 16 };
enum { CREATED, SUSPENDED, RUNNING, DONE };
enum { MODE_NONE, MODE_RANGE, MODE_SEQUENCE, MODE_DICT };

/* core_iter_read.c */
bool is_sequence_iterator(PyTypeObject *type);
bool is_dict_iterator(PyTypeObject *type);
void read_state(iter_state *s, PyObject *v, int kind);

#endif
