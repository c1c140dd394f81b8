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

/* core_names.c: goes on with put_some_names() where a name has or had another value than an int. `left` are the names
 * that are not yet compared, `n_set` so many are written. */
uint8_t *put_other_names(frame *fr, uint64_t left, unsigned n_set, ptrdiff_t count_at, uint8_t *at);

/* Compares the names that may have changed and writes those that did; without any the place does not move. */
static inline __attribute__((always_inline)) uint8_t *
put_some_names(frame *fr, uint8_t *at)
{
    const plan *p = fr->p;
    /* A frame object lends its variables to whoever holds it. */
    uint64_t left = __builtin_expect(fr->f->frame_obj == NULL, 1) ? fr->may_store : p->all;
    if (left == 0) {
        return at;
    }
    uint8_t *count = at++;
    unsigned n_set = 0;
    do {
        int i = __builtin_ctzll(left);
        const struct slot_name *n = &p->names[i];
        PyObject *v = slot_value(fr->f, n);
        val old = fr->names[i];
        int64_t number;
        if (v == NULL || !Py_IS_TYPE(v, &PyLong_Type) || !read_int(v, &number)) {
            if (old != (val)v) {
                return put_other_names(fr, left, n_set, count - T.record, at);
            }
            continue;
        }
        val now = int_val(number);
        if (old == now) {
            continue;
        }
        /* Where its text is not yet in the table, or takes more than a byte, too. */
        if (n->k - 1 >= 127 || (old != 0 && (old & VAL_TAG) != VAL_INT)) {
            return put_other_names(fr, left, n_set, count - T.record, at);
        }
        fr->names[i] = now;
        *at = (uint8_t)n->k;
        at = old == 0 ? raw_small(at + 1, number) : raw_difference(at + 1, (int64_t)(now - old) >> 3);
        n_set++;
    } while ((left &= left - 1) != 0);
    if (n_set == 0) {
        return count;
    }
    *count = (uint8_t)n_set;
    *at = 0;
    return at + 1;
}

static inline __attribute__((always_inline)) uint8_t *
put_names(frame *fr, int unit, uint8_t *at)
{
    return __builtin_expect(fr->is_fast, 1) ? put_some_names(fr, at) : names_other(fr, unit, at);
}

#endif
