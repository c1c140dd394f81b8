/* Names of a frame that runs a function: what changed of them goes straight into the stream. */
#ifndef TRACEMILL_CORE_NAMES_H
#define TRACEMILL_CORE_NAMES_H

#pragma GCC visibility push(hidden)
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
    const iframe *f = fr->f;
    /* A frame object lends its variables to whoever holds it. */
    uint64_t left = __builtin_expect(f->frame_obj == NULL, 1) ? fr->since->stores : fr->p->all;
    if (left == 0) {
        return at;
    }
    const struct slot_name *names = fr->p->names;
    val *known = fr->names;
    uint8_t *count = at++;
    unsigned n_set = 0;
    do {
        int i = __builtin_ctzll(left);
        const struct slot_name *n = &names[i];
        PyObject *v = slot_value(f, n);
        val old = known[i];
        int64_t number;
        if (!read_exact_int(v, &number)) {
            if (old == (val)v) {
                continue;
            }
            bool is_string = v != NULL && Py_IS_TYPE(v, &PyUnicode_Type) && (old == 0 || is_by_value(old));
            uint32_t text = is_string && n->k - 1 < 127 ? recent_text(v) : 0;
            if (text == 0) {
                return put_other_names(fr, left, n_set, count - T.record, at);
            }
            if (old != text_val(text)) {
                known[i] = text_val(text);
                at[0] = (uint8_t)n->k;
                at[1] = 0x08;
                at = raw_uint(at + 2, text);
                n_set++;
            }
            continue;
        }
        val now = int_val(number);
        if (old == now) {
            continue;
        }
        /* Where its text is not yet in the table, or takes more than a byte, and where it was no int, too. */
        bool was_int = (old & VAL_TAG) == VAL_INT;
        if (__builtin_expect((n->k - 1 >= 127) | (!was_int & (old != 0)), 0)) {
            return put_other_names(fr, left, n_set, count - T.record, at);
        }
        known[i] = now;
        *at = (uint8_t)n->k;
        at = was_int ? raw_difference(at + 1, number - val_int(old)) : raw_small(at + 1, number);
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

#pragma GCC visibility pop
#endif
