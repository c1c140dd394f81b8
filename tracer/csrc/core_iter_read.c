/* State of iterators and generators, read from their structures and never advanced. */
#include "core.h"
#include "core_iter.h"
#include "peek.h"

bool
is_sequence_iterator(PyTypeObject *type)
{
    return type == &PyListIter_Type || type == &PyListRevIter_Type || type == &PyTupleIter_Type
        || type == &PyUnicodeIter_Type || type == lib.ascii_iterator
        || type == &PyBytesIter_Type || type == &PyByteArrayIter_Type || type == &PySeqIter_Type
        || type == &PyReversed_Type;
}

bool
is_dict_iterator(PyTypeObject *type)
{
    return type == &PyDictIterKey_Type || type == &PyDictIterValue_Type
        || type == &PyDictIterItem_Type;
}

static bool
is_itertool(PyTypeObject *type)
{
    for (int i = 0; lib.itertools[i] != NULL; i++) {
        if (lib.itertools[i] == type) {
            return true;
        }
    }
    return false;
}

bool
is_iterator_type(PyTypeObject *type)
{
    return is_sequence_iterator(type) || is_dict_iterator(type) || type == &PyRangeIter_Type
        || type == &PyLongRangeIter_Type || type == &PySetIter_Type || type == &PyEnum_Type
        || type == &PyMap_Type || type == &PyFilter_Type || type == &PyZip_Type
        || type == &PyCallIter_Type || is_itertool(type);
}

static void
set_over(iter_state *s, PyObject *v)
{
    s->flags |= HAS_OVER;
    s->over = meet(v, 1);
}

static void
set_at(iter_state *s, Py_ssize_t at)
{
    s->flags |= HAS_AT;
    s->at = val_of(at);
}

static void
add_left(iter_state *s, PyObject *v)
{
    s->flags |= HAS_LEFT;
    vec_add(&s->left, meet(v, 1));
}

static void
set_done(iter_state *s)
{
    s->flags = HAS_STATE;
    s->state = DONE;
}

static void
read_range(iter_state *s, PyObject *v)
{
    if (Py_IS_TYPE(v, &PyRangeIter_Type)) {
        const _PyRangeIterObject *r = (_PyRangeIterObject *)v;
        if (r->len <= 0) {
            set_done(s);
            return;
        }
        set_at(s, r->start);
        s->flags |= HAS_LEFT;
        vec_add(&s->left, val_of(r->len));
        return;
    }
    const struct long_range_iterator *r = (struct long_range_iterator *)v;
    if (_PyLong_IsZero((PyLongObject *)r->length)) {
        set_done(s);
        return;
    }
    s->flags = HAS_AT;
    s->at = meet(r->start, 1);
    add_left(s, r->length);
}

static void
read_set(iter_state *s, const struct set_iterator *v)
{
    /* Its set changed size: it gives nothing more. */
    if (v->set == NULL || v->used < 0) {
        set_done(s);
        return;
    }
    set_over(s, (PyObject *)v->set);
    set_at(s, v->used - v->left);
    s->flags |= HAS_LEFT;
    for (Py_ssize_t i = v->position; i <= v->set->mask; i++) {
        PyObject *key = v->set->table[i].key;
        /* A deleted entry has the hash -1, which no object has. */
        if (key != NULL && v->set->table[i].hash != -1) {
            add_left(s, key);
        }
    }
}

static void
read_inner(iter_state *s, PyObject *first, PyObject *inner)
{
    s->flags |= HAS_LEFT;
    if (first != NULL) {
        add_left(s, first);
    }
    if (inner != NULL && PyTuple_CheckExact(inner)) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(inner); i++) {
            add_left(s, PyTuple_GET_ITEM(inner, i));
        }
    } else if (inner != NULL) {
        add_left(s, inner);
    }
}

static PyObject *
part(PyObject *v)
{
    return v == peek_null ? NULL : v;
}

/* An iterator of itertools: its parts as the reference reads them. */
static void
read_itertool(iter_state *s, PyObject *v)
{
    PyObject *state = peek_itertools_state(v);
    if (state == NULL || state == Py_None) {
        PyErr_Clear();
        Py_XDECREF(state);
        return;
    }
    if (PyTuple_GET_SIZE(state) == 1) {
        set_done(s);
    } else {
        int flags = (int)PyLong_AsLong(PyTuple_GET_ITEM(state, 1));
        PyObject *left = PyTuple_GET_ITEM(state, 4);
        if (flags & HAS_OVER) {
            set_over(s, part(PyTuple_GET_ITEM(state, 2)));
        }
        if (flags & HAS_AT) {
            s->flags |= HAS_AT;
            s->at = meet(PyTuple_GET_ITEM(state, 3), 1);
        }
        s->flags |= flags & HAS_LEFT;
        for (Py_ssize_t i = 0; (flags & HAS_LEFT) && i < PyList_GET_SIZE(left); i++) {
            add_left(s, part(PyList_GET_ITEM(left, i)));
        }
    }
    Py_DECREF(state);
}

static void
read_generator(iter_state *s, PyGenObject *g)
{
    int state = g->gi_frame_state;
    s->flags = HAS_STATE;
    s->state = state == FRAME_CREATED      ? CREATED
        : state == FRAME_EXECUTING         ? RUNNING
        : FRAME_STATE_SUSPENDED(state)     ? SUSPENDED
                                           : DONE;
    if (s->state == SUSPENDED) {
        iframe *f = (iframe *)g->gi_iframe;
        s->flags |= HAS_LINE;
        s->line = PyUnstable_InterpreterFrame_GetLine(f);
        if (state == FRAME_SUSPENDED_YIELD_FROM) {
            set_over(s, _PyFrame_StackPeek(f));
        }
    }
}

static void
read_other(iter_state *s, PyObject *v, PyTypeObject *type)
{
    if (type == &PyEnum_Type) {
        const struct enumerate_iterator *e = (struct enumerate_iterator *)v;
        set_over(s, e->inner);
        if (e->long_index != NULL) {
            s->flags |= HAS_AT;
            s->at = meet(e->long_index, 1);
        } else {
            set_at(s, e->index);
        }
    } else if (type == &PyMap_Type) {
        read_inner(s, ((struct map_iterator *)v)->function, ((struct map_iterator *)v)->inner);
    } else if (type == &PyFilter_Type) {
        read_inner(s, ((struct filter_iterator *)v)->function, ((struct filter_iterator *)v)->inner);
    } else if (type == &PyZip_Type) {
        read_inner(s, NULL, ((struct zip_iterator *)v)->inner);
    } else if (type == &PyCallIter_Type) {
        PyObject *callable = ((struct callable_iterator *)v)->callable;
        if (callable == NULL) {
            set_done(s);
        } else {
            set_over(s, callable);
        }
    } else {
        read_itertool(s, v);
    }
}

/* The present state of an iterator; what it refers to is met. */
void
read_state(iter_state *s, PyObject *v, int kind)
{
    PyTypeObject *type = Py_TYPE(v);
    if (kind == K_GENERATOR) {
        read_generator(s, (PyGenObject *)v);
    } else if (is_sequence_iterator(type) || is_dict_iterator(type)) {
        const struct sequence_iterator *q = (struct sequence_iterator *)v;
        const struct dict_iterator *d = (struct dict_iterator *)v;
        PyObject *over = is_dict_iterator(type) ? (PyObject *)d->dict : q->sequence;
        if (over == NULL || (is_dict_iterator(type) && d->used < 0)) {
            set_done(s);
            return;
        }
        set_over(s, over);
        set_at(s, is_dict_iterator(type) ? d->used - d->left : q->index);
    } else if (type == &PyRangeIter_Type || type == &PyLongRangeIter_Type) {
        read_range(s, v);
    } else if (type == &PySetIter_Type) {
        read_set(s, (struct set_iterator *)v);
    } else {
        read_other(s, v, type);
    }
}
