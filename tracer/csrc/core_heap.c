/* The heap section of an event: definitions and operations, by number (docs/trace-format.md §9.4). */
#include "core.h"

static const char *const link_names[] = {
    "self", "func", "over", "cause", "context", "maxlen", "default_factory", "start", "stop", "step",
};

static void
put_name(val name)
{
    put_str((PyObject *)name);
}

static void
put_link_name(uint64_t key)
{
    put_text(link_names[key], strlen(link_names[key]));
}

static void
put_u64(uint64_t v)
{
    put_bytes(&v, sizeof v);
}

/* How long a container is and, where a part of it is cut, the digest of that; there is room. */
static uint8_t *
raw_rest(uint8_t *at, const op *p)
{
    at = raw_uint(at, p->a);
    *at++ = p->n > 0;
    if (p->n > 0) {
        memcpy(at, &p->b, sizeof p->b);
        at += sizeof p->b;
    }
    return at;
}

static void
put_op(const op *p)
{
    const val *v = op_values(p);
    put_u8(p->code);
    switch (p->code) {
    case OP_SETITEM:
        put_uint(p->a);
        break;
    case OP_SPLICE:
        put_uint(p->a);
        put_uint(p->b);
        put_uint((uint64_t)p->n);
        break;
    case OP_REPLACE:
        put_uint(p->a);
        break;
    case OP_CLASS:
    case OP_DELATTR:
        put_name(v[0]);
        return;
    case OP_SETATTR:
        put_name(v[0]);
        put_val(v[1]);
        return;
    case OP_REST:
        room(32);
        T.at = raw_rest(T.at, p);
        return;
    case OP_LINK:
        put_link_name(p->a);
        break;
    default:
        break;
    }
    for (Py_ssize_t i = 0; i < p->n; i++) {
        put_val(v[i]);
    }
}

/* An int that is put into a list, which nothing is to be let go of; false for others. */
static inline bool
put_simple_op(const op *p)
{
    if (p->code == OP_REST) {
        room(32);
        *T.at = OP_REST;
        T.at = raw_rest(T.at + 1, p);
        return true;
    }
    if (p->n != 1 || (p->few[0] & VAL_TAG) != VAL_INT || (p->code != OP_SETITEM && p->code != OP_APPEND)) {
        return false;
    }
    room(32);
    uint8_t *at = T.at;
    *at++ = p->code;
    at = p->code == OP_SETITEM ? raw_uint(at, p->a) : at;
    T.at = raw_small(at, val_int(p->few[0]));
    return true;
}

static unsigned
count_parts(const def *d)
{
    return (unsigned)((d->name != NULL) + (d->repr != NULL) + d->has_value + d->has_items
                      + d->has_members + d->has_entries + d->has_rest + (d->names != NULL)
                      + d->n_links + (d->fields.n > 0));
}

static void
put_vec(unsigned tag, const vec *v, Py_ssize_t step)
{
    put_u8(tag);
    put_uint((uint64_t)(v->n / step));
    for (Py_ssize_t i = 0; i < v->n; i++) {
        put_val(v->at[i]);
    }
}

static void
put_named_parts(const def *d)
{
    if (d->name != NULL) {
        put_u8(1);
        put_str(d->name);
    }
    if (d->repr != NULL) {
        put_u8(2);
        put_str(d->repr);
    }
    if (d->has_value) {
        put_u8(3);
        put_val(d->value);
    }
}

static void
put_def(const def *d)
{
    put_str(d->type);
    put_uint(count_parts(d));
    put_named_parts(d);
    if (d->has_items || d->has_members) {
        put_vec(d->has_items ? 4 : 5, &d->items, 1);
    }
    if (d->has_entries) {
        put_vec(6, &d->entries, 2);
    }
    if (d->has_rest) {
        put_u8(7);
        put_uint(d->len);
        put_u64(d->rest);
    }
    if (d->names != NULL) {
        put_u8(8);
        put_uint((uint64_t)PyTuple_GET_SIZE(d->names));
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(d->names); i++) {
            put_str(PyTuple_GET_ITEM(d->names, i));
        }
    }
    for (int i = 0; i < d->n_links; i++) {
        put_u8(9);
        put_link_name(d->link_keys[i]);
        put_val(d->links[i]);
    }
    if (d->fields.n > 0) {
        put_u8(0x0A);
        put_uint((uint64_t)d->fields.n / 2);
        for (Py_ssize_t i = 0; i < d->fields.n; i += 2) {
            put_name(d->fields.at[i]);
            put_val(d->fields.at[i + 1]);
        }
    }
}

static void
put_obj(obj *o)
{
    const def *d = o->first != NULL ? o->first : o->def;
    bool is_new = o->is_new && d != NULL;
    put_u8(!is_new ? 2 : o->n_ops > 0 ? 3 : 1);
    if (is_new) {
        put_def(d);
    }
    if (o->n_ops > 0) {
        put_uint(o->n_ops);
        bool is_simple = true;
        for (uint32_t i = 0; i < o->n_ops; i++) {
            if (!put_simple_op(&o->ops[i])) {
                is_simple = false;
                put_op(&o->ops[i]);
            }
        }
        if (is_simple) {
            o->n_ops = 0;
        } else {
            ops_clear(o);
        }
    }
    if (o->first != NULL) {
        def_free(o->first);
        o->first = NULL;
    }
    o->is_new = 0;
}

static int
by_number(const void *a, const void *b)
{
    uint32_t x = (*(obj *const *)a)->id, y = (*(obj *const *)b)->id;
    return x < y ? -1 : x > y;
}

/* An entry of a dict that has another int. */
static inline bool
put_simple_entry(op *p)
{
    PyObject *key = (PyObject *)p->few[0];
    if (p->code != OP_PUT || p->n != 2 || (p->few[1] & VAL_TAG) != VAL_INT || (p->few[0] & VAL_TAG) != VAL_HELD
        || key == NULL || !Py_IS_TYPE(key, &PyUnicode_Type)) {
        return false;
    }
    uint8_t *at = put_recent_string(key, T.at + 1);
    if (at == NULL) {
        return false;
    }
    *T.at = OP_PUT;
    T.at = raw_small(at, val_int(p->few[1]));
    Py_DECREF(key);
    return true;
}

/* The commonest: of one object one item. False where there is more to tell. */
static bool
put_one(obj *o)
{
    if (o->is_new || o->first != NULL || o->n_ops != 1) {
        return false;
    }
    room(48);
    uint8_t *at = T.at;
    *at = 1;
    at = raw_uint(at + 1, o->id);
    at[0] = 2;
    at[1] = 1;
    T.at = at + 2;
    if (!put_simple_op(o->ops) && !put_simple_entry(o->ops)) {
        put_op(o->ops);
        ops_clear(o);
    }
    o->n_ops = 0;
    o->touched = 0;
    T.n_touched = 0;
    release_obj(o);
    bury();
    return true;
}

/* Writes all that is new of objects since the last event. */
void
put_heap(void)
{
    if (T.n_touched == 1 && put_one(T.touched[0])) {
        return;
    }
    if (T.n_touched > 1) {
        qsort(T.touched, (size_t)T.n_touched, sizeof *T.touched, by_number);
    }
    put_uint((uint64_t)T.n_touched);
    uint32_t previous = 0;
    for (Py_ssize_t i = 0; i < T.n_touched; i++) {
        obj *o = T.touched[i];
        put_uint(o->id - previous);
        previous = o->id;
        put_obj(o);
        o->touched = 0;
        release_obj(o);
    }
    T.n_touched = 0;
    bury();
}
