/* What the parts of _core share about iterators. */
#ifndef TRACEMILL_CORE_ITER_H
#define TRACEMILL_CORE_ITER_H

#include "iterators.h"

#pragma GCC visibility push(hidden)
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

/* Whether a dict changed its size under its iterator, which gives nothing more. */
static inline bool
has_other_dict(void)
{
    bool found = false;
    const struct moving *m = T.moving;
    for (uint64_t bit = 1; T.moving_bits & bit; bit <<= 1, m++) {
        found |= m->used != NULL && *m->used < 0;
    }
    return found;
}

/* Which iterators have moved, by their place in T.moving. */
static inline uint64_t
iters_moved(void)
{
    uint64_t moved = T.moving_bits & ITERS_ODD;
    const struct moving *m = T.moving;
    for (uint64_t left = T.moving_bits, bit = 1; left & bit; bit <<= 1, m++) {
        if (__builtin_expect(*m->alive <= 0 || *m->at < 0, 0)) {
            return ITERS_ODD;
        }
        moved |= *m->at != m->known ? bit : 0;
    }
    return T.counts_down && has_other_dict() ? ITERS_ODD : moved;
}

/* Writes the section of iterators that have only moved. */
static inline uint8_t *
put_moved(uint8_t *at, uint64_t moved)
{
    uint8_t *count = at++;
    for (*count = 0; moved != 0; moved &= moved - 1) {
        struct moving *m = &T.moving[__builtin_ctzll(moved)];
        Py_ssize_t now = *m->at, step = now - m->known;
        m->known = now;
        step = m->used != NULL ? -step : step;
        m->state->index += step;
        at = raw_uint(at, m->id);
        *at++ = HAS_STEP;
        at = raw_sint(at, step);
        ++*count;
    }
    return at;
}

#pragma GCC visibility pop
#endif
