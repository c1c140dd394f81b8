/* Changes of lists, dicts and instances without a new definition: the known one is brought up to date in place. */
#include "core.h"
#include "core_digest.h"
#include "peek.h"

/* Whether the known definition may be changed in place: it was written, and no limit plays a part. */
bool
is_simple_def(const obj *o)
{
    const def *d = o->def;
    return !o->is_new && !d->has_deep && !d->may_have_twins && !d->has_rest && o->type == Py_TYPE(o->o)
        && d->bytes <= (uint64_t)T.limits.object_bytes;
}

/* Takes the value of a place; true where its text is another. */
bool
take_place(def *d, val *place, PyObject *v)
{
    val old = *place, now = meet(v, 2);
    bool differs = !val_equal(old, now);
    *place = now;
    d->bytes += text_bytes_bound(now) - (old == 0 ? 0 : text_bytes_bound(old));
    val_drop(old);
    return differs;
}

static void
item_at(obj *o, Py_ssize_t i)
{
    def *d = o->def;
    PyObject *v = PyList_GET_ITEM(o->o, i);
    if (!val_is(d->items.at[i], v) && take_place(d, &d->items.at[i], v)) {
        add_op(o, OP_SETITEM, (uint64_t)i, d->items.at[i]);
    }
}

/* The digest of what is cut is another. */
void
add_rest(obj *o)
{
    def *d = o->def;
    op *p = new_op(o, OP_REST, d->len, d->rest);
    if (p != NULL) {
        p->few[0] = 0;
        p->n = 1;
    }
}

/* What is known of an int that is cut, where it becomes another. */
static inline void
put_cut_int(obj *o, Py_ssize_t i, int64_t was, int64_t now)
{
    def *d = o->def;
    if (now != was) {
        d->rest += word_step((uint64_t)i, (uint64_t)was, (uint64_t)now);
        d->cut.at[i - d->items.n] = int_val(now);
        add_rest(o);
    }
}

/* Another int in the place of one that is cut; false where it is something else. */
static inline bool
cut_int_at(obj *o, Py_ssize_t i, PyObject *v)
{
    val known = o->def->cut.at[i - o->def->items.n];
    int64_t number;
    if ((known & VAL_TAG) != VAL_INT || !read_exact_int(v, &number)) {
        return false;
    }
    put_cut_int(o, i, val_int(known), number);
    return true;
}

static void
cut_at(obj *o, Py_ssize_t i)
{
    def *d = o->def;
    PyObject *v = PyList_GET_ITEM(o->o, i);
    Py_ssize_t k = i - d->items.n;
    if (!cut_int_at(o, i, v) && !val_is(d->cut.at[k], v) && cut_take(d, 1, k, &v, i) != 0) {
        add_rest(o);
    }
}

static bool
may_change_at(const obj *o)
{
    const def *d = o->def;
    return o->kind == K_LIST && !o->is_new && !d->has_deep && o->type == Py_TYPE(o->o)
        && d->bytes <= (uint64_t)T.limits.object_bytes
        && (!d->has_rest || d->items.n == T.limits.items);
}

/* A list of which at most one cut item is another, which was an int: what is known of it is written without a look at
 * it, which would wait for memory. */
bool
fast_cut(obj *o, Py_ssize_t at, int64_t was)
{
    def *d = o->def;
    Py_ssize_t n = PyList_GET_SIZE(o->o);
    int64_t number;
    if (!may_change_at(o) || n != d->items.n + d->cut.n || at < d->items.n || at >= n) {
        return false;
    }
    if (!read_exact_int(PyList_GET_ITEM(o->o, at), &number)) {
        return false;
    }
    put_cut_int(o, at, was, number);
    return true;
}

/* A list of which at most the item at one place is another. */
bool
fast_at(obj *o, Py_ssize_t at)
{
    def *d = o->def;
    Py_ssize_t n = PyList_GET_SIZE(o->o);
    if (!may_change_at(o) || n != d->items.n + d->cut.n) {
        return false;
    }
    if (at < 0 || at >= d->items.n) {
        if (at >= 0 && at < n) {
            cut_at(o, at);
        }
        return true;
    }
    PyObject *v = PyList_GET_ITEM(o->o, at);
    val old = d->items.at[at];
    int64_t number;
    if ((old & VAL_TAG) == VAL_INT && read_exact_int(v, &number)) {
        uint64_t bytes = d->bytes + int_bytes_bound(number);
        if (old == int_val(number)) {
            return true;
        }
        if (bytes + 11 > (uint64_t)T.limits.object_bytes) {
            return false;
        }
        d->bytes = bytes - int_bytes_bound(val_int(old));
        d->items.at[at] = int_val(number);
        add_int_op(o, OP_SETITEM, (uint64_t)at, number);
        return true;
    }
    if (val_is(old, v)) {
        return true;
    }
    if (d->bytes + 11 + value_bytes_bound(v) > (uint64_t)T.limits.object_bytes) {
        return false;
    }
    item_at(o, at);
    return true;
}

/* The same where the last item is cut. */
static bool
cut_tail(obj *o)
{
    def *d = o->def;
    Py_ssize_t n = PyList_GET_SIZE(o->o), m = d->items.n + d->cut.n;
    if (n == m + 1) {
        d->len = (uint64_t)n;
        if (cut_add(d, 1, &((PyListObject *)o->o)->ob_item[m], m)) {
            add_rest(o);
        }
        return true;
    }
    if (n == m - 1 && d->cut.n > 1) {
        d->len = (uint64_t)n;
        cut_drop_last(d, n);
        add_rest(o);
        return true;
    }
    return n == m;
}

/* A list that at most got or lost its last item. */
bool
fast_tail(obj *o)
{
    def *d = o->def;
    if (!may_change_at(o)) {
        return false;
    }
    if (d->has_rest) {
        return cut_tail(o);
    }
    Py_ssize_t n = PyList_GET_SIZE(o->o), m = d->items.n;
    if (n == m + 1 && n <= T.limits.items) {
        PyObject *v = PyList_GET_ITEM(o->o, m);
        uint64_t bound = value_bytes_bound(v);
        int64_t number;
        if (d->bytes + bound > (uint64_t)T.limits.object_bytes || !vec_add(&d->items, 0)) {
            return false;
        }
        if (Py_IS_TYPE(v, &PyLong_Type) && read_int(v, &number)) {
            d->bytes += bound;
            d->items.at[m] = int_val(number);
            add_int_op(o, OP_APPEND, 0, number);
            return true;
        }
        take_place(d, &d->items.at[m], v);
        add_op(o, OP_APPEND, 0, d->items.at[m]);
        return true;
    }
    if (n == m - 1) {
        new_op(o, OP_SPLICE, (uint64_t)n, 1);
        d->bytes -= text_bytes_bound(d->items.at[n]);
        val_drop(d->items.at[n]);
        d->items.n = n;
        return true;
    }
    return n == m;
}

static bool
fast_list(obj *o)
{
    def *d = o->def;
    Py_ssize_t n = PyList_GET_SIZE(o->o);
    if (n != d->items.n) {
        return false;
    }
    uint64_t most = d->bytes;
    for (Py_ssize_t i = 0; i < n; i++) {
        most += val_is(d->items.at[i], PyList_GET_ITEM(o->o, i)) ? 0 : value_bytes_bound(PyList_GET_ITEM(o->o, i));
    }
    if (most > (uint64_t)T.limits.object_bytes) {
        return false;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        item_at(o, i);
    }
    return true;
}

static struct words scratch;

/* Names or keys are those that are known, in their order, with perhaps new ones behind. */
static bool
has_known_keys(const vec *known, PyObject *const *now, Py_ssize_t n)
{
    if (n < known->n || n > 2 * T.limits.items) {
        return false;
    }
    for (Py_ssize_t i = 0; i < known->n; i += 2) {
        if (!val_is(known->at[i], now[i])) {
            return false;
        }
    }
    return true;
}

/* How many bytes what is new or another can have. */
static uint64_t
new_bytes(const vec *known, PyObject *const *now, Py_ssize_t n)
{
    uint64_t sum = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        sum += i < known->n && val_is(known->at[i], now[i]) ? 0 : value_bytes_bound(now[i]);
    }
    return sum;
}

/* Meets what changed, in order, before the operations: the numbers are given as a new definition would. */
static void
take_pairs(obj *o, vec *known, PyObject *const *now, Py_ssize_t n, int code)
{
    def *d = o->def;
    Py_ssize_t m = known->n;
    for (Py_ssize_t i = 0; i < n; i += 2) {
        if (i >= m) {
            if (!vec_add(known, 0) || !vec_add(known, 0)) {
                return;
            }
            if (code == OP_PUT) {
                take_place(d, &known->at[i], now[i]);
            } else {
                known->at[i] = (val)Py_NewRef(now[i]);
            }
        } else if (val_is(known->at[i + 1], now[i + 1])) {
            continue;
        }
        if (take_place(d, &known->at[i + 1], now[i + 1]) || i >= m) {
            add_op2(o, code, known->at[i], known->at[i + 1]);
        }
    }
}

static bool
fast_dict(obj *o)
{
    def *d = o->def;
    scratch.count = 0;
    peek_entries(o->o, &scratch);
    PyObject *const *now = (PyObject *const *)scratch.data;
    Py_ssize_t n = (Py_ssize_t)scratch.count;
    if (!has_known_keys(&d->entries, now, n)) {
        return false;
    }
    for (Py_ssize_t i = d->entries.n; i < n; i += 2) {
        if (is_odd_name(now[i])) {
            return false;
        }
    }
    if (d->bytes + new_bytes(&d->entries, now, n) > (uint64_t)T.limits.object_bytes) {
        return false;
    }
    note_version(o);
    take_pairs(o, &d->entries, now, n, OP_PUT);
    return true;
}

/* Whether a slot before place i of these fields has the name that is there. */
static bool
is_twin(const struct words *fields, size_t i)
{
    size_t n = Py_MIN(i, fields->slots);
    for (size_t k = 0; k < n; k += 2) {
        if (inline_equal((PyObject *)fields->data[k], (PyObject *)fields->data[i])) {
            return true;
        }
    }
    return false;
}

static bool
fast_fields(obj *o)
{
    def *d = o->def;
    scratch.count = 0;
    peek_fields(o->o, &scratch);
    PyObject *const *now = (PyObject *const *)scratch.data;
    Py_ssize_t n = (Py_ssize_t)scratch.count;
    if (!has_known_keys(&d->fields, now, n)) {
        return false;
    }
    for (Py_ssize_t i = d->fields.n; i < n; i += 2) {
        if (!PyUnicode_CheckExact(now[i]) || is_twin(&scratch, (size_t)i)) {
            return false;
        }
    }
    take_pairs(o, &d->fields, now, n, OP_SETATTR);
    return true;
}

/* Brings the definition of a changed object up to date where that needs no new one. */
bool
fast_check(obj *o)
{
    if (o->def == NULL || !is_simple_def(o)) {
        return false;
    }
    if (o->kind == K_LIST) {
        return fast_list(o);
    }
    return o->kind == K_DICT ? fast_dict(o) : o->kind == K_INSTANCE && fast_fields(o);
}
