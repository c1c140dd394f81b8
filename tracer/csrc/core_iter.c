/* Iterators among the numbered objects: what changed of their state since it was written (docs/trace-format.md §6). */
#include "core.h"
#include "core_iter.h"

/* What the event says: which parts of which iterator. */
static struct news {
    obj *o;
    uint8_t flags;
    int64_t step; /* HAS_STEP: the difference to the last position */
} *news;
static Py_ssize_t n_news, cap_news;

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
add_news(obj *o, uint8_t flags, int64_t step)
{
    if (n_news == cap_news) {
        Py_ssize_t cap = cap_news == 0 ? 16 : cap_news * 2;
        struct news *at = realloc(news, (size_t)cap * sizeof *at);
        if (at == NULL) {
            no_memory();
            return;
        }
        news = at;
        cap_news = cap;
    }
    news[n_news++] = (struct news){o, flags, step};
}

static uint8_t
mode_of(PyTypeObject *type)
{
    return type == &PyRangeIter_Type ? MODE_RANGE
        : is_dict_iterator(type)     ? MODE_DICT
        : is_sequence_iterator(type) ? MODE_SEQUENCE
                                     : MODE_NONE;
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
    Py_ssize_t at = iter_index(o->o, s->mode);
    if (at < 0) {
        return false;
    }
    if (at != s->index) {
        add_news(o, HAS_STEP, at - s->index);
        s->index = at;
    }
    return true;
}

/* The position that a state tells, where it is an int that differences lead to. */
static bool
position_of(const iter_state *s, int64_t *at)
{
    if (s == NULL || !(s->flags & HAS_AT)) {
        return false;
    }
    *at = s->index;
    return s->mode != MODE_NONE || int_of_position(s->at, at);
}

static void
look(obj *o)
{
    iter_state *s = calloc(1, sizeof *s);
    if (s == NULL) {
        no_memory();
        return;
    }
    read_state(s, o->o, o->kind);
    s->mode = mode_of(Py_TYPE(o->o));
    s->index = iter_index(o->o, s->mode);
    s->mode = s->index >= 0 ? s->mode : MODE_NONE;
    uint8_t flags = difference(o->iter, s);
    int64_t last, now;
    if ((flags & HAS_AT) && position_of(o->iter, &last) && position_of(s, &now)) {
        flags = (uint8_t)((flags & ~HAS_AT) | HAS_STEP);
    }
    iter_state_free(o->iter);
    o->iter = s;
    if (flags != 0) {
        add_news(o, flags, flags & HAS_STEP ? now - last : 0);
    }
    define_waiting();
}

static bool
is_gone(obj *o)
{
    if (o->o == NULL) {
        release_obj(o);
        return true;
    }
    return false;
}

/* Whether a range iterator has a position that differences lead to as long as it runs. */
static bool
stays_in_range(const _PyRangeIterObject *r)
{
    Py_ssize_t way, last;
    return r->len > 0 && !__builtin_mul_overflow(r->len - 1, r->step, &way)
        && !__builtin_add_overflow(r->start, way, &last) && last >= 0 && last < 1l << 60;
}

/* Where the position of an iterator that was just compared stands. False where it can do more than move. */
static bool
find_position(const obj *o, struct moving *m)
{
    iter_state *s = o->iter;
    if (s == NULL || o->dying) {
        return false;
    }
    *m = (struct moving){.state = s, .id = o->id};
    if (s->mode == MODE_RANGE) {
        const _PyRangeIterObject *r = (_PyRangeIterObject *)o->o;
        m->at = &r->start;
        m->alive = &r->len;
        return stays_in_range(r);
    }
    if (s->mode == MODE_SEQUENCE) {
        const struct sequence_iterator *q = (struct sequence_iterator *)o->o;
        m->at = &q->index;
        /* An address is a positive number. */
        m->alive = (const Py_ssize_t *)&q->sequence;
        return true;
    }
    if (s->mode == MODE_DICT) {
        const struct dict_iterator *d = (struct dict_iterator *)o->o;
        m->at = &d->left;
        m->alive = (const Py_ssize_t *)&d->dict;
        m->used = &d->used;
        return true;
    }
    return false;
}

/* Arranges that iters_moved() looks at just the positions of all iterators, where these can do no more than move. */
static void
find_moving(void)
{
    T.moving_bits = ITERS_ODD;
    T.counts_down = false;
    if (T.n_iters > MAX_MOVING) {
        return;
    }
    for (Py_ssize_t i = 0; i < T.n_iters; i++) {
        struct moving *m = &T.moving[i];
        if (!find_position(T.iters[i], m)) {
            return;
        }
        m->known = *m->at;
        T.counts_down |= m->used != NULL;
    }
    T.moving_bits = (1ull << T.n_iters) - 1;
}

/* Compares the iterators; looking may meet further ones. Returns how many have news. */
Py_ssize_t
iters_look(void)
{
    n_news = 0;
    Py_ssize_t kept = 0;
    for (Py_ssize_t i = 0; i < T.n_iters; i++) {
        obj *o = T.iters[i];
        if (is_gone(o)) {
            continue;
        }
        T.iters[kept++] = o;
        if (!o->dying && !look_fast(o)) {
            look(o);
        }
    }
    T.n_iters = kept;
    find_moving();
    return n_news;
}

void
put_iters(void)
{
    put_uint((uint64_t)n_news);
    for (Py_ssize_t i = 0; i < n_news; i++) {
        const iter_state *s = news[i].o->iter;
        room(32);
        T.at = raw_uint(T.at, news[i].o->id);
        *T.at++ = news[i].flags;
        if (news[i].flags & HAS_OVER) {
            put_val(s->over);
        }
        if (news[i].flags & HAS_AT) {
            if (s->mode != MODE_NONE) {
                put_small(s->index);
            } else {
                put_position(s->at);
            }
        }
        if (news[i].flags & HAS_STEP) {
            put_sint(news[i].step);
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
