/* State of iterators and generators, read from their structures and never advanced (docs/trace-format.md §6). */
#include "core.h"
#include "core_iter.h"

enum { HAS_OVER = 1, HAS_AT = 2, HAS_LEFT = 4, HAS_STATE = 8, HAS_LINE = 16 };
enum { CREATED, SUSPENDED, RUNNING, DONE };
enum { MODE_NONE, MODE_RANGE, MODE_SEQUENCE, MODE_DICT };

/* What the event says: which parts of which iterator. */
static struct news {
    obj *o;
    uint8_t flags;
} *news;
static Py_ssize_t n_news, cap_news;

static bool
is_sequence_iterator(PyTypeObject *type)
{
    return type == &PyListIter_Type || type == &PyListRevIter_Type || type == &PyTupleIter_Type
        || type == &PyUnicodeIter_Type || type == lib.ascii_iterator
        || type == &PyBytesIter_Type || type == &PyByteArrayIter_Type || type == &PySeqIter_Type
        || type == &PyReversed_Type;
}

static bool
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
    s->at = (val)PyLong_FromSsize_t(at);
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
        vec_add(&s->left, (val)PyLong_FromLong(r->len));
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
    if (v->set == NULL) {
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

static int
add_referent(PyObject *v, void *state)
{
    iter_state *s = state;
    if (v != s->owner_type) {
        add_left(s, v);
    }
    return 0;
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
        s->flags = HAS_LEFT;
        s->owner_type = (PyObject *)type;
        type->tp_traverse(v, add_referent, s);
    }
}

static void
read_state(iter_state *s, PyObject *v, int kind)
{
    PyTypeObject *type = Py_TYPE(v);
    if (kind == K_GENERATOR) {
        read_generator(s, (PyGenObject *)v);
    } else if (is_sequence_iterator(type) || is_dict_iterator(type)) {
        const struct sequence_iterator *q = (struct sequence_iterator *)v;
        const struct dict_iterator *d = (struct dict_iterator *)v;
        PyObject *over = is_dict_iterator(type) ? (PyObject *)d->dict : q->sequence;
        if (over == NULL) {
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

static bool
same_left(const iter_state *a, const iter_state *b)
{
    if ((a->flags & HAS_LEFT) != (b->flags & HAS_LEFT) || a->left.n != b->left.n) {
        return false;
    }
    for (Py_ssize_t i = 0; i < a->left.n; i++) {
        if (!val_equal(a->left.at[i], b->left.at[i])) {
            return false;
        }
    }
    return true;
}

/* Which parts of the new state the old one did not say. */
static uint8_t
difference(const iter_state *old, const iter_state *now)
{
    if (old == NULL) {
        return now->flags;
    }
    bool was_done = (old->flags & HAS_STATE) && old->state == DONE;
    if ((now->flags & HAS_STATE) && now->state == DONE) {
        return was_done ? 0 : now->flags;
    }
    uint8_t flags = 0;
    if ((now->flags & HAS_OVER) && !((old->flags & HAS_OVER) && val_equal(old->over, now->over))) {
        flags |= HAS_OVER;
    }
    if (now->flags & HAS_AT) {
        flags |= (old->flags & HAS_AT) && old->mode == MODE_NONE && val_equal(old->at, now->at) ? 0 : HAS_AT;
    } else if (!same_left(old, now) && (now->flags & HAS_LEFT)) {
        flags |= HAS_LEFT;
    }
    uint8_t told = HAS_STATE | HAS_LINE;
    if ((old->flags & told) != (now->flags & told) || old->state != now->state
        || old->line != now->line) {
        flags |= now->flags & told;
    }
    return flags;
}

static void
add_news(obj *o, uint8_t flags)
{
    if (n_news == cap_news) {
        Py_ssize_t cap = cap_news == 0 ? 16 : cap_news * 2;
        struct news *at = realloc(news, (size_t)cap * sizeof *at);
        if (at == NULL) {
            fault("out of memory");
            return;
        }
        news = at;
        cap_news = cap;
    }
    news[n_news++] = (struct news){o, flags};
}

static uint8_t
mode_of(PyTypeObject *type)
{
    return type == &PyRangeIter_Type ? MODE_RANGE
        : is_dict_iterator(type)     ? MODE_DICT
        : is_sequence_iterator(type) ? MODE_SEQUENCE
                                     : MODE_NONE;
}

/* The next index of an iterator that runs; -1 where it is exhausted, or cannot be told so. */
static inline Py_ssize_t
index_of(PyObject *v, uint8_t mode)
{
    if (mode == MODE_RANGE) {
        const _PyRangeIterObject *r = (_PyRangeIterObject *)v;
        return r->len > 0 ? r->start : -1;
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

/* The common case: an iterator that was told of before, and has at most moved. */
static inline bool
look_fast(obj *o)
{
    iter_state *s = o->iter;
    if (s == NULL) {
        return false;
    }
    if (s->mode == MODE_NONE) {
        return (s->flags & HAS_STATE) && s->state == DONE && o->kind == K_ITERATOR
            && mode_of(Py_TYPE(o->o)) == MODE_SEQUENCE
            && ((struct sequence_iterator *)o->o)->sequence == NULL;
    }
    Py_ssize_t at = index_of(o->o, s->mode);
    if (at < 0) {
        return false;
    }
    if (at != s->index) {
        s->index = at;
        add_news(o, HAS_AT);
    }
    return true;
}

static void
look(obj *o)
{
    if (look_fast(o)) {
        return;
    }
    iter_state *s = calloc(1, sizeof *s);
    if (s == NULL) {
        fault("out of memory");
        return;
    }
    read_state(s, o->o, o->kind);
    s->mode = mode_of(Py_TYPE(o->o));
    s->index = index_of(o->o, s->mode);
    s->mode = s->index >= 0 ? s->mode : MODE_NONE;
    uint8_t flags = difference(o->iter, s);
    iter_state_free(o->iter);
    o->iter = s;
    if (flags != 0) {
        add_news(o, flags);
    }
    define_waiting();
}

/* Compares the iterators; looking may meet further ones. Returns how many have news. */
Py_ssize_t
iters_look(void)
{
    n_news = 0;
    Py_ssize_t kept = 0;
    for (Py_ssize_t i = 0; i < T.n_iters; i++) {
        obj *o = T.iters[i];
        if (o->o == NULL) {
            release_obj(o);
            continue;
        }
        T.iters[kept++] = o;
        if (!o->dying) {
            look(o);
        }
    }
    T.n_iters = kept;
    return n_news;
}

void
put_iters(void)
{
    put_uint((uint64_t)n_news);
    for (Py_ssize_t i = 0; i < n_news; i++) {
        const iter_state *s = news[i].o->iter;
        put_uint(news[i].o->id);
        put_u8(news[i].flags);
        if (news[i].flags & HAS_OVER) {
            put_val(s->over);
        }
        if (news[i].flags & HAS_AT) {
            if (s->mode != MODE_NONE) {
                put_small(s->index);
            } else {
                put_val(s->at);
            }
        }
        if (news[i].flags & HAS_LEFT) {
            put_uint((uint64_t)s->left.n);
            for (Py_ssize_t k = 0; k < s->left.n; k++) {
                put_val(s->left.at[k]);
            }
        }
        if (news[i].flags & HAS_STATE) {
            put_u8(s->state);
        }
        if (news[i].flags & HAS_LINE) {
            put_uint((uint64_t)s->line);
        }
    }
}

void
iter_state_free(iter_state *s)
{
    if (s != NULL) {
        val_drop(s->over);
        val_drop(s->at);
        vec_clear(&s->left);
        free(s);
    }
}

void
iters_clear(void)
{
    free(news);
    news = NULL;
    n_news = cap_news = 0;
}
