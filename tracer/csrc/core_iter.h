/* What the parts of _core share about iterators. */
#ifndef TRACEMILL_CORE_ITER_H
#define TRACEMILL_CORE_ITER_H

#include "iterators.h"

/* Parts of a state, as §9.5 of the format has them. */
enum { HAS_OVER = 1, HAS_AT = 2, HAS_LEFT = 4, HAS_STATE = 8, HAS_LINE = 16, HAS_STEP = 32 };
enum { CREATED, SUSPENDED, RUNNING, DONE };
enum { MODE_NONE, MODE_RANGE, MODE_SEQUENCE, MODE_DICT };

/* core_iter_read.c */
bool is_sequence_iterator(PyTypeObject *type);
bool is_dict_iterator(PyTypeObject *type);
void read_state(iter_state *s, PyObject *v, int kind);

/* The next index of an iterator that runs; -1 where it is exhausted, or cannot be told so. */
static inline Py_ssize_t
iter_index(PyObject *v, uint8_t mode)
{
    if (mode == MODE_RANGE) {
        const _PyRangeIterObject *r = (_PyRangeIterObject *)v;
        /* Differences lead to and from ints below 2 ** 60. */
        return r->len > 0 && r->start < 1l << 60 ? r->start : -1;
    }
    if (mode == MODE_SEQUENCE) {
        const struct sequence_iterator *q = (struct sequence_iterator *)v;
        return q->sequence != NULL ? q->index : -1;
    }
    if (mode == MODE_DICT) {
        const struct dict_iterator *d = (struct dict_iterator *)v;
        return d->dict != NULL ? d->used - d->left : -1;
    }
    return -1;
}

/* How many iterators have moved, where all are such as can only move; else -1. */
static inline int
iters_moved(void)
{
    int moved = 0;
    for (Py_ssize_t i = 0; i < T.n_iters; i++) {
        const obj *o = T.iters[i];
        const iter_state *s = o->iter;
        if (o->o == NULL || s == NULL || o->dying) {
            return -1;
        }
        Py_ssize_t at = iter_index(o->o, s->mode);
        if (at < 0) {
            return -1;
        }
        moved += at != s->index;
    }
    return moved;
}

/* Writes the section of iterators that have only moved. */
static inline uint8_t *
put_moved(uint8_t *at, int moved)
{
    *at++ = (uint8_t)moved;
    for (Py_ssize_t i = 0; moved > 0; i++) {
        const obj *o = T.iters[i];
        iter_state *s = o->iter;
        Py_ssize_t now = iter_index(o->o, s->mode);
        if (now != s->index) {
            moved--;
            at = raw_uint(at, o->id);
            *at++ = HAS_STEP;
            at = raw_sint(at, now - s->index);
            s->index = now;
        }
    }
    return at;
}

#endif
