/* Layouts of the iterators of itertools that CPython 3.13 keeps private (Modules/itertoolsmodule.c). Members that
 * nothing looks at are left out at the end of a structure. */
#ifndef TRACEMILL_ITERTOOLS_H
#define TRACEMILL_ITERTOOLS_H

#include <Python.h>

struct it_accumulate {
    PyObject_HEAD
    PyObject *total; /* NULL before the first value */
    PyObject *inner;
    PyObject *function; /* NULL for addition */
    PyObject *initial;  /* given next, and before all others */
};
struct it_batched {
    PyObject_HEAD
    PyObject *inner; /* NULL once exhausted */
    Py_ssize_t size;
};
struct it_chain {
    PyObject_HEAD
    PyObject *source; /* gives the iterables; NULL once exhausted */
    PyObject *active;
};
/* product (pool is the tuple of its pools), combinations, combinations_with_replacement */
struct it_combinations {
    PyObject_HEAD
    PyObject *pool;
    Py_ssize_t *indices;
    PyObject *result; /* what was given last; NULL before the first */
    Py_ssize_t size;
    int stopped;
};
struct it_product {
    PyObject_HEAD
    PyObject *pools;
    Py_ssize_t *indices;
    PyObject *result;
    int stopped;
};
struct it_permutations {
    PyObject_HEAD
    PyObject *pool;
    Py_ssize_t *indices;
    Py_ssize_t *cycles;
    PyObject *result;
    Py_ssize_t size;
    int stopped;
};
struct it_compress {
    PyObject_HEAD
    PyObject *data;
    PyObject *selectors;
};
struct it_count {
    PyObject_HEAD
    Py_ssize_t next; /* PY_SSIZE_T_MAX where `value` counts */
    PyObject *value; /* NULL where it is PY_SSIZE_T_MAX itself */
    PyObject *step;
};
struct it_cycle {
    PyObject_HEAD
    PyObject *inner; /* NULL once exhausted */
    PyObject *saved; /* list of what it gave */
    Py_ssize_t index;
};
/* dropwhile, takewhile, starmap, filterfalse; the last two have no flag */
struct it_function {
    PyObject_HEAD
    PyObject *function;
    PyObject *inner;
    long flag; /* dropwhile: it gives; takewhile: it has ended */
};
struct it_groupby {
    PyObject_HEAD
    PyObject *inner;
    PyObject *function;
    PyObject *target;
    PyObject *key;   /* of the value that was taken and not given; NULL where there is none */
    PyObject *value;
    const void *group;
};
struct it_group {
    PyObject_HEAD
    PyObject *parent;
    PyObject *key;
};
struct it_islice {
    PyObject_HEAD
    PyObject *inner; /* NULL once exhausted */
    Py_ssize_t next;
    Py_ssize_t stop; /* -1: none */
    Py_ssize_t step;
    Py_ssize_t taken;
};
struct it_pairwise {
    PyObject_HEAD
    PyObject *inner; /* NULL once exhausted */
    PyObject *before;
};
struct it_repeat {
    PyObject_HEAD
    PyObject *element;
    Py_ssize_t left; /* -1: endless */
};
struct it_tee_data {
    PyObject_HEAD
    PyObject *inner;
    int count; /* how many of its places are filled */
    int running;
    struct it_tee_data *next;
};
struct it_tee {
    PyObject_HEAD
    struct it_tee_data *data;
    int index; /* of the next value in it */
};
struct it_zip_longest {
    PyObject_HEAD
    Py_ssize_t size;
    Py_ssize_t active;
    PyObject *inner; /* tuple; NULL for those that are exhausted */
    PyObject *result;
    PyObject *fill;
};

#endif
