/* Names of a frame that runs a function: what changed of them goes straight into the stream. */
#ifndef TRACEMILL_CORE_NAMES_H
#define TRACEMILL_CORE_NAMES_H

enum { FLAG_NAMES = 2, FLAG_GLOBALS = 4 };

static inline PyObject *
slot_value(const iframe *f, const struct slot_name *n)
{
    PyObject *v = f->localsplus[n->slot];
    return n->is_cell && v != NULL && PyCell_Check(v) ? PyCell_GET(v) : v;
}

static inline void
put_known_text(PyObject *text, uint32_t *k)
{
    if (__builtin_expect(*k != 0, 1)) {
        put_uint(*k);
    } else {
        *k = put_str(text);
    }
}

/* Takes another value of a name and writes it; counts it among those set or unset. */
uint8_t *put_other_name(frame *fr, int i, PyObject *v, uint8_t *at);

/* Ends the section: how many are set, and which have no value any more. */
static inline uint8_t *
put_counts(frame *fr, ptrdiff_t count_at, uint8_t *at)
{
    T.record[count_at] = (uint8_t)fr->n_set;
    fr->n_set = 0;
    if (__builtin_expect(fr->unset == 0, 1)) {
        *at = 0;
        return at + 1;
    }
    T.at = at;
    put_uint((uint64_t)__builtin_popcountll(fr->unset));
    for (; fr->unset != 0; fr->unset &= fr->unset - 1) {
        struct slot_name *n = &fr->p->names[__builtin_ctzll(fr->unset)];
        put_known_text(n->name, &n->k);
    }
    return T.at;
}

/* Compares the names that may have changed and writes those that did; without any the place does not move. */
static inline __attribute__((always_inline)) uint8_t *
put_some_names(frame *fr, uint8_t *at)
{
    const plan *p = fr->p;
    /* A frame object lends its variables to whoever holds it. */
    uint64_t left = fr->f->frame_obj == NULL ? fr->may_store : p->all;
    if (left == 0) {
        return at;
    }
    ptrdiff_t count_at = at - T.record;
    at++;
    do {
        int i = __builtin_ctzll(left);
        struct slot_name *n = &p->names[i];
        PyObject *v = slot_value(fr->f, n);
        val old = fr->names[i];
        int64_t number;
        bool can_be = (old == 0 || (old & VAL_TAG) == VAL_INT) && n->k != 0;
        if (v != NULL && Py_IS_TYPE(v, &PyLong_Type) && can_be && read_int(v, &number)) {
            if (old != int_val(number)) {
                fr->names[i] = int_val(number);
                at = raw_uint(at, n->k);
                at = old == 0 ? raw_small(at, number) : raw_difference(at, number - val_int(old));
                fr->n_set++;
            }
        } else if (!val_is(old, v)) {
            at = put_other_name(fr, i, v, at);
        }
        left &= left - 1;
    } while (left != 0);
    if (fr->n_set == 0 && fr->unset == 0) {
        return T.record + count_at;
    }
    return put_counts(fr, count_at, at);
}

static inline __attribute__((always_inline)) uint8_t *
put_names(frame *fr, int unit, uint8_t *at)
{
    return __builtin_expect(fr->is_fast, 1) ? put_some_names(fr, at) : names_other(fr, unit, at);
}

#endif
