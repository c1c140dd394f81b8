/* Operations that lead from one definition of an object to the next (docs/trace-format.md §5.1), and the heap section. */
#include "core.h"

op *
new_op(obj *o, int code, uint64_t a, uint64_t b)
{
    if (o->n_ops == o->cap_ops) {
        uint32_t cap = o->cap_ops == 0 ? 2 : o->cap_ops * 2;
        op *ops = realloc(o->ops, cap * sizeof *ops);
        if (ops == NULL) {
            no_memory();
            return NULL;
        }
        o->ops = ops;
        o->cap_ops = cap;
    }
    if (!o->touched) {
        touch(o);
    }
    op *p = &o->ops[o->n_ops++];
    p->code = (uint8_t)code;
    p->a = a;
    p->b = b;
    p->n = 0;
    p->values = (vec){0};
    return p;
}

const val *
op_values(const op *p)
{
    return p->values.at != NULL ? p->values.at : p->few;
}

/* Adds an operand, which the operation owns from then on. */
void
op_put(op *p, val v)
{
    if (p->values.at == NULL && p->n < 2) {
        p->few[p->n++] = v;
        return;
    }
    if (p->values.at == NULL) {
        vec_add(&p->values, p->few[0]);
        vec_add(&p->values, p->few[1]);
    }
    vec_add(&p->values, v);
    p->n = p->values.n;
}

void
ops_clear(obj *o)
{
    for (uint32_t i = 0; i < o->n_ops; i++) {
        op *p = &o->ops[i];
        if (p->values.at != NULL) {
            vec_clear(&p->values);
            continue;
        }
        for (Py_ssize_t k = 0; k < p->n; k++) {
            val_drop(p->few[k]);
        }
    }
    o->n_ops = 0;
}

/* Adds an operation with an int as its operand. */
void
add_int_op(obj *o, int code, uint64_t a, int64_t n)
{
    op *p = new_op(o, code, a, 0);
    if (p != NULL) {
        p->few[0] = int_val(n);
        p->n = 1;
    }
}

/* Adds an operation with one operand, which is copied. */
void
add_op(obj *o, int code, uint64_t a, val v)
{
    op *p = new_op(o, code, a, 0);
    if (p != NULL) {
        op_put(p, val_copy(v));
    }
}

void
add_op2(obj *o, int code, val v, val w)
{
    op *p = new_op(o, code, 0, 0);
    if (p != NULL) {
        p->few[0] = val_copy(v);
        p->few[1] = val_copy(w);
        p->n = 2;
    }
}

static void
diff_items(obj *o, const vec *old, const vec *now)
{
    Py_ssize_t n = old->n, m = now->n, lo = Py_MIN(n, m), start = 0, tail = 0;
    if (n == m) {
        for (Py_ssize_t i = 0; i < n; i++) {
            if (!val_equal(old->at[i], now->at[i])) {
                add_op(o, OP_SETITEM, (uint64_t)i, now->at[i]);
            }
        }
        return;
    }
    while (start < lo && val_equal(old->at[start], now->at[start])) {
        start++;
    }
    while (tail < lo - start && val_equal(old->at[n - 1 - tail], now->at[m - 1 - tail])) {
        tail++;
    }
    Py_ssize_t deleted = n - tail - start, put = m - tail - start;
    if (deleted == 0 && put == 1 && tail == 0) {
        add_op(o, OP_APPEND, 0, now->at[start]);
        return;
    }
    op *p = new_op(o, OP_SPLICE, (uint64_t)start, (uint64_t)deleted);
    for (Py_ssize_t i = 0; p != NULL && i < put; i++) {
        op_put(p, val_copy(now->at[start + i]));
    }
}

/* What the first has and the second has not, each as often as it is missing. */
static void
missing_members(obj *o, int code, const vec *of, const vec *in)
{
    bool *taken = calloc((size_t)in->n + 1, sizeof *taken);
    if (taken == NULL) {
        no_memory();
        return;
    }
    Py_ssize_t hint = 0;
    for (Py_ssize_t i = 0; i < of->n; i++) {
        Py_ssize_t k = 0;
        bool found = false;
        for (; k < in->n && !found; k++) {
            Py_ssize_t j = (hint + k) % in->n;
            if (!taken[j] && val_equal(of->at[i], in->at[j])) {
                taken[j] = true;
                found = true;
                hint = (j + 1) % in->n;
            }
        }
        if (!found) {
            add_op(o, code, 0, of->at[i]);
        }
    }
    free(taken);
}

static void
diff_members(obj *o, const vec *old, const vec *now)
{
    if (old->n > 0 && now->n == 0) {
        new_op(o, OP_CLEAR, 0, 0);
        return;
    }
    missing_members(o, OP_DISCARD, old, now);
    missing_members(o, OP_ADD, now, old);
}

/* Whether another key can have its text: it is not equal to itself, or cut by depth. */
bool
is_odd_key(val key)
{
    if ((key & VAL_TAG) != VAL_HELD || key == 0) {
        return (key & VAL_TAG) == VAL_DEEP;
    }
    PyTypeObject *type = Py_TYPE((PyObject *)key);
    return type == &PyFloat_Type || type == &PyComplex_Type || type == &PyTuple_Type;
}

/* Whether two keys have one text: only keys that are not equal to themselves, or cut by depth, can. */
static bool
has_twin_keys(const vec *pairs)
{
    for (Py_ssize_t i = 0; i < pairs->n; i += 2) {
        if (!is_odd_key(pairs->at[i])) {
            continue;
        }
        for (Py_ssize_t k = 0; k < pairs->n; k += 2) {
            if (k != i && val_equal(pairs->at[i], pairs->at[k])) {
                return true;
            }
        }
    }
    return false;
}

static bool
same_pairs(const vec *a, const vec *b)
{
    for (Py_ssize_t i = 0; i < a->n; i++) {
        if (a->n != b->n || !val_equal(a->at[i], b->at[i])) {
            return false;
        }
    }
    return a->n == b->n;
}

static bool
has_key(const vec *pairs, Py_ssize_t from, val key)
{
    for (Py_ssize_t k = from; k < pairs->n; k += 2) {
        if (val_equal(pairs->at[k], key)) {
            return true;
        }
    }
    return false;
}

/* Where in `now` the keys begin that are new, if the others stand in their old order; -1 where they do not. */
static Py_ssize_t
added_from(const vec *old, const vec *now)
{
    Py_ssize_t j = 0, gone = 0;
    for (Py_ssize_t i = 0; i < old->n; i += 2) {
        if (j < now->n && val_equal(old->at[i], now->at[j])) {
            j += 2;
        } else {
            gone++;
        }
    }
    if (gone == 0 || j == now->n) {
        return j;
    }
    Py_ssize_t k = 0;
    for (Py_ssize_t i = 0; i < old->n; i += 2) {
        if (k < j && val_equal(old->at[i], now->at[k])) {
            k += 2;
        } else if (has_key(now, j, old->at[i])) {
            return -1;
        }
    }
    return j;
}

static void
diff_entries(obj *o, const vec *old, const vec *now)
{
    if (old->n > 0 && now->n == 0) {
        new_op(o, OP_CLEAR, 0, 0);
        return;
    }
    Py_ssize_t added = has_twin_keys(old) || has_twin_keys(now) ? -1 : added_from(old, now);
    if (added < 0) {
        op *p = same_pairs(old, now) ? NULL : new_op(o, OP_REPLACE, (uint64_t)now->n / 2, 0);
        for (Py_ssize_t i = 0; p != NULL && i < now->n; i++) {
            op_put(p, val_copy(now->at[i]));
        }
        return;
    }
    for (Py_ssize_t i = 0, j = 0; i < old->n; i += 2) {
        if (j < added && val_equal(old->at[i], now->at[j])) {
            j += 2;
        } else {
            add_op(o, OP_DELITEM, 0, old->at[i]);
        }
    }
    for (Py_ssize_t i = 0, j = 0; i < old->n && j < added; i += 2) {
        if (val_equal(old->at[i], now->at[j])) {
            if (!val_equal(old->at[i + 1], now->at[j + 1])) {
                add_op2(o, OP_PUT, now->at[j], now->at[j + 1]);
            }
            j += 2;
        }
    }
    for (Py_ssize_t j = added; j < now->n; j += 2) {
        add_op2(o, OP_PUT, now->at[j], now->at[j + 1]);
    }
}

static void
diff_links(obj *o, const def *old, const def *now)
{
    for (int i = 0; i < old->n_links; i++) {
        val v = 0;
        for (int k = 0; k < now->n_links; k++) {
            v = now->link_keys[k] == old->link_keys[i] ? now->links[k] : v;
        }
        if (!val_equal(v, old->links[i])) {
            add_op(o, OP_LINK, old->link_keys[i], v);
        }
    }
    for (int k = 0; k < now->n_links; k++) {
        bool known = false;
        for (int i = 0; i < old->n_links; i++) {
            known |= old->link_keys[i] == now->link_keys[k];
        }
        if (!known) {
            add_op(o, OP_LINK, now->link_keys[k], now->links[k]);
        }
    }
}

static Py_ssize_t
find_field(const vec *fields, Py_ssize_t hint, val name)
{
    for (Py_ssize_t k = 0; k < fields->n; k += 2) {
        Py_ssize_t i = (hint + k) % fields->n;
        if (val_equal(fields->at[i], name)) {
            return i;
        }
    }
    return -1;
}

static void
diff_fields(obj *o, const vec *old, const vec *now)
{
    for (Py_ssize_t i = 0; i < old->n; i += 2) {
        if (find_field(now, i, old->at[i]) < 0) {
            add_op(o, OP_DELATTR, 0, old->at[i]);
        }
    }
    for (Py_ssize_t i = 0; i < now->n; i += 2) {
        Py_ssize_t k = find_field(old, i, now->at[i]);
        if (k < 0 || !val_equal(old->at[k + 1], now->at[i + 1])) {
            add_op2(o, OP_SETATTR, now->at[i], now->at[i + 1]);
        }
    }
}

static void
diff_rest(obj *o, const def *old, const def *now)
{
    if (old->has_rest == now->has_rest
        && (!now->has_rest || (old->len == now->len && old->rest == now->rest))) {
        return;
    }
    if (now->has_rest) {
        op *p = new_op(o, OP_REST, now->len, now->rest);
        if (p != NULL) {
            op_put(p, 0);
        }
    } else {
        new_op(o, OP_REST, (uint64_t)(now->items.n > 0 ? now->items.n : now->entries.n / 2), 0);
    }
}

/* Adds the operations that lead from `old` to `now`, in canonical order. */
void
diff(obj *o, def *old, def *now)
{
    if (!inline_equal(old->type, now->type)) {
        op *p = new_op(o, OP_CLASS, 0, 0);
        if (p != NULL) {
            op_put(p, (val)Py_NewRef(now->type));
        }
    }
    if (now->has_value && (!old->has_value || !val_equal(old->value, now->value))) {
        add_op(o, OP_VALUE, 0, now->value);
    }
    if (now->has_members || old->has_members) {
        diff_members(o, &old->items, &now->items);
    } else {
        diff_items(o, &old->items, &now->items);
    }
    diff_entries(o, &old->entries, &now->entries);
    diff_rest(o, old, now);
    diff_links(o, old, now);
    diff_fields(o, &old->fields, &now->fields);
}
