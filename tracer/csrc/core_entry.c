/* Changes of one entry of a dict without a new definition. */
#include "core.h"

/* Whether another key can have the text of this one. */
bool
is_odd_name(PyObject *key)
{
    return is_inline(key) && is_odd_key((val)key);
}

/* The entry at a place of a dict without gaps; false where it has some. */
static bool
entry_at(PyObject *v, Py_ssize_t i, PyObject *pair[2])
{
    const PyDictObject *dict = (PyDictObject *)v;
    PyDictKeysObject *keys = dict->ma_keys;
    if (dict->ma_values != NULL || keys->dk_nentries != dict->ma_used || i >= dict->ma_used) {
        return false;
    }
    pair[0] = DK_IS_UNICODE(keys) ? DK_UNICODE_ENTRIES(keys)[i].me_key : DK_ENTRIES(keys)[i].me_key;
    pair[1] = DK_IS_UNICODE(keys) ? DK_UNICODE_ENTRIES(keys)[i].me_value : DK_ENTRIES(keys)[i].me_value;
    return pair[0] != NULL && pair[1] != NULL;
}

/* Whether entries of a dict may be changed in place; of what is cut, where just the number of entries cuts. */
static bool
may_change_entry(const obj *o)
{
    const def *d = o->def;
    return o->kind == K_DICT && !o->is_new && !d->has_deep && !d->may_have_twins && o->type == Py_TYPE(o->o)
        && d->bytes <= (uint64_t)T.limits.object_bytes && (!d->has_rest || d->entries.n == 2 * T.limits.items);
}

/* Another value of an entry that is cut. */
static bool
cut_key(obj *o, Py_ssize_t at, PyObject *pair[2])
{
    def *d = o->def;
    Py_ssize_t k = 2 * at - d->entries.n;
    if (!val_is(d->cut.at[k], pair[0])) {
        return false;
    }
    note_version(o);
    if (!val_is(d->cut.at[k + 1], pair[1]) && cut_take(d, 2, k, pair, 0) != 0) {
        add_rest(o);
    }
    return true;
}

/* A dict of which at most the value of one entry is another. */
bool
fast_key(obj *o, Py_ssize_t at)
{
    def *d = o->def;
    PyObject *pair[2];
    if (!may_change_entry(o) || 2 * PyDict_GET_SIZE(o->o) != d->entries.n + d->cut.n || !entry_at(o->o, at, pair)) {
        return false;
    }
    if (2 * at >= d->entries.n) {
        return cut_key(o, at, pair);
    }
    val *known = &d->entries.at[2 * at + 1];
    int64_t number;
    if (!val_is(d->entries.at[2 * at], pair[0])) {
        return false;
    }
    if ((*known & VAL_TAG) == VAL_INT && Py_IS_TYPE(pair[1], &PyLong_Type) && read_int(pair[1], &number)) {
        uint64_t bytes = d->bytes + int_bytes_bound(number);
        if (bytes > (uint64_t)T.limits.object_bytes) {
            return false;
        }
        note_version(o);
        if (*known != int_val(number)) {
            d->bytes = bytes - int_bytes_bound(val_int(*known));
            *known = int_val(number);
            add_op2(o, OP_PUT, d->entries.at[2 * at], *known);
        }
        return true;
    }
    if (d->bytes + value_bytes_bound(pair[1]) > (uint64_t)T.limits.object_bytes) {
        return false;
    }
    note_version(o);
    if (!val_is(*known, pair[1]) && take_place(d, known, pair[1])) {
        add_op2(o, OP_PUT, d->entries.at[2 * at], *known);
    }
    return true;
}

/* One more entry that is cut. */
static bool
cut_last(obj *o)
{
    def *d = o->def;
    Py_ssize_t n = d->entries.n + d->cut.n;
    PyObject *pair[2];
    if (!may_change_entry(o) || 2 * PyDict_GET_SIZE(o->o) != n + 2 || !entry_at(o->o, n / 2, pair)) {
        return false;
    }
    note_version(o);
    d->len++;
    if (cut_add(d, 2, pair, 0)) {
        add_rest(o);
    }
    return true;
}

/* A dict that at most got one more entry. */
bool
fast_last(obj *o)
{
    def *d = o->def;
    Py_ssize_t n = d->entries.n;
    PyObject *pair[2];
    if (d->has_rest) {
        return cut_last(o);
    }
    if (!is_simple_def(o) || 2 * PyDict_GET_SIZE(o->o) != n + 2 || n / 2 >= T.limits.items
        || !entry_at(o->o, n / 2, pair) || is_odd_name(pair[0])
        || d->bytes + value_bytes_bound(pair[0]) + value_bytes_bound(pair[1]) > (uint64_t)T.limits.object_bytes) {
        return false;
    }
    note_version(o);
    if (vec_add(&d->entries, 0) && vec_add(&d->entries, 0)) {
        take_place(d, &d->entries.at[n], pair[0]);
        take_place(d, &d->entries.at[n + 1], pair[1]);
        add_op2(o, OP_PUT, d->entries.at[n], d->entries.at[n + 1]);
    }
    return true;
}
