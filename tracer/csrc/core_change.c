/* Check points: which objects are made of something else than what was last known of them. */
#include "core.h"
#include "peek.h"

static bool
same_words(const vec *known, PyObject *const *now, Py_ssize_t n)
{
    if (known->n != n) {
        return false;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!val_is(known->at[i], now[i])) {
            return false;
        }
    }
    return true;
}

/* Items or entries: what is kept, and what is cut. */
static bool
same_sequence(const def *d, const vec *kept, PyObject *const *now, Py_ssize_t n)
{
    if (kept->n + d->cut.n != n) {
        return false;
    }
    for (Py_ssize_t i = 0; i < kept->n; i++) {
        if (!val_is(kept->at[i], now[i])) {
            return false;
        }
    }
    return d->cut.n == 0 || same_words(&d->cut, now + kept->n, d->cut.n);
}

static struct words scratch;

static PyObject *const *
words_now(void (*read)(PyObject *, struct words *), PyObject *v, Py_ssize_t *n)
{
    scratch.count = 0;
    read(v, &scratch);
    if (scratch.failed) {
        no_memory();
    }
    *n = (Py_ssize_t)scratch.count;
    return (PyObject *const *)scratch.data;
}

static bool
same_fields(const obj *o)
{
    const vec *known = &o->def->fields;
    Py_ssize_t n;
    PyObject *const *now = words_now(peek_fields, o->o, &n);
    /* Those beyond the limit are not known. */
    n = Py_MIN(n, 2 * T.limits.items);
    if (known->n != n) {
        return false;
    }
    for (Py_ssize_t i = 0; i < n; i += 2) {
        if (!val_is(known->at[i + 1], now[i + 1])
            || (known->at[i] != (val)now[i]
                && !inline_equal((PyObject *)known->at[i], now[i]))) {
            return false;
        }
    }
    return true;
}

static bool
same_link(const def *d, int key, PyObject *now)
{
    for (int i = 0; i < d->n_links; i++) {
        if (d->link_keys[i] == key) {
            return val_is(d->links[i], now);
        }
    }
    return now == NULL;
}

static bool
same_entries(obj *o)
{
    uint64_t version = dict_version(o->o);
    PyDictValues *values = ((PyDictObject *)o->o)->ma_values;
    /* Stores through an instance do not give its dict a new version. */
    if (version == o->version && (values == NULL || !values->embedded) && !PyType_IsSubtype(Py_TYPE(o->o), &PyODict_Type)) {
        return true;
    }
    Py_ssize_t n;
    PyObject *const *now = words_now(peek_entries, o->o, &n);
    bool same = same_sequence(o->def, &o->def->entries, now, n);
    if (same) {
        o->version = version;
    }
    return same;
}

static bool
same_bytes(const obj *o)
{
    PyObject *known = (PyObject *)o->def->value;
    return PyBytes_CheckExact(known) && PyBytes_GET_SIZE(known) == PyByteArray_GET_SIZE(o->o)
        && memcmp(PyBytes_AS_STRING(known), PyByteArray_AS_STRING(o->o),
                  (size_t)PyBytes_GET_SIZE(known))
            == 0;
}

static bool
same_stream(const obj *o)
{
    PyObject *content = stream_content(o->o);
    val known = o->def->value;
    bool same = content == NULL || known == 0
        ? content == NULL && known == 0
        : (known & VAL_TAG) == VAL_HELD && inline_equal((PyObject *)known, content);
    Py_XDECREF(content);
    return same;
}

static bool
same_exception(const obj *o)
{
    const PyBaseExceptionObject *e = (PyBaseExceptionObject *)o->o;
    PyObject *const *items = NULL;
    Py_ssize_t n = 0;
    if (e->args != NULL && PyTuple_Check(e->args)) {
        items = ((PyTupleObject *)e->args)->ob_item;
        n = PyTuple_GET_SIZE(e->args);
    }
    return same_sequence(o->def, &o->def->items, items, n) && same_link(o->def, LINK_CAUSE, e->cause)
        && same_link(o->def, LINK_CONTEXT, e->context) && same_fields(o);
}

static bool
same_class(obj *o)
{
    PyObject *dict = ((PyTypeObject *)o->o)->tp_dict;
    if (dict == NULL) {
        return true;
    }
    uint64_t version = dict_version(dict);
    bool same = version == o->version;
    o->version = version;
    return same;
}

static bool
same_items(const obj *o)
{
    Py_ssize_t n;
    if (o->kind == K_LIST) {
        return same_sequence(o->def, &o->def->items, ((PyListObject *)o->o)->ob_item,
                             PyList_GET_SIZE(o->o));
    }
    PyObject *const *now = words_now(peek_items, o->o, &n);
    return same_sequence(o->def, &o->def->items, now, n);
}

/* Of a function in traced text, which has what others would name. */
static bool
same_function(const obj *o)
{
    PyObject *defaults = ((PyFunctionObject *)o->o)->func_defaults;
    bool has_any = defaults != NULL && PyTuple_Check(defaults);
    return same_sequence(o->def, &o->def->items, has_any ? ((PyTupleObject *)defaults)->ob_item : NULL,
                         has_any ? PyTuple_GET_SIZE(defaults) : 0)
        && same_fields(o);
}

static bool
same_member(const obj *o)
{
    Py_ssize_t n;
    PyObject *const *now = words_now(peek_fields, o->o, &n);
    PyObject *found = NULL;
    for (Py_ssize_t i = 0; i < n; i += 2) {
        found = PyUnicode_EqualToUTF8(now[i], "_value_") ? now[i + 1] : found;
    }
    return val_is(o->def->value, found);
}

static bool
same_partial(const obj *o)
{
    const struct partial *p = (struct partial *)o->o;
    Py_ssize_t n;
    PyObject *const *now = words_now(peek_entries, p->keywords, &n);
    return same_sequence(o->def, &o->def->entries, now, n) && same_link(o->def, LINK_FUNC, p->function)
        && same_sequence(o->def, &o->def->items, ((PyTupleObject *)p->args)->ob_item, PyTuple_GET_SIZE(p->args));
}

static bool
has_same_content(obj *o)
{
    Py_ssize_t n;
    PyObject *const *now;
    switch (o->kind) {
    case K_LIST:
    case K_TUPLE:
        return same_items(o);
    case K_FROZENSET:
        return true;
    case K_ITEMS:
        return same_items(o) && same_fields(o);
    case K_SET:
        now = words_now(peek_members, o->o, &n);
        return same_words(&o->def->order, now, n)
            && (Py_IS_TYPE(o->o, &PySet_Type) || same_fields(o));
    case K_DICT:
        return same_entries(o);
    case K_DICTLIKE:
        if (PyType_IsSubtype(Py_TYPE(o->o), lib.defaultdict)) {
            PyObject *factory = *(PyObject **)((char *)o->o + sizeof(PyDictObject));
            if (!same_link(o->def, LINK_DEFAULT_FACTORY, factory == NULL ? Py_None : factory)) {
                return false;
            }
        }
        return same_entries(o) && same_fields(o);
    case K_EXCEPTION:
        return same_exception(o);
    case K_CLASS:
        return same_class(o);
    case K_BYTEARRAY:
        return same_bytes(o);
    case K_STREAM:
        return same_stream(o);
    case K_WEAKREF:
    case K_CELL:
        return same_link(o->def, LINK_OVER, target_of(o->o));
    case K_FUNCTION:
        return same_function(o);
    case K_ENUM:
        return same_member(o);
    case K_PARTIAL:
        return same_partial(o);
    case K_SCALAR:
    case K_INSTANCE:
        return same_fields(o);
    default:
        return false;
    }
}

/* How often the recording that runs, or ran last, looked at an object. */
uint64_t looks;

/* False is proof that it is made of the same; an object without a cheap proof is described anew. */
bool
is_changed(obj *o)
{
    looks++;
    return o->type != Py_TYPE(o->o) || !has_same_content(o);
}

void
note_version(obj *o)
{
    PyObject *dict = o->kind == K_CLASS ? ((PyTypeObject *)o->o)->tp_dict
        : o->kind == K_DICT || o->kind == K_DICTLIKE ? o->o
                                                     : NULL;
    if (dict != NULL) {
        o->version = dict_version(dict);
    }
}

/* Defines a new object: its state now. */
void
define(obj *o, Py_ssize_t distance)
{
    note_version(o);
    o->def = describe(o->o, o->kind, distance + 1);
    list_special(o);
}

/* Takes the present state as known; what differs becomes operations. */
void
check_obj(obj *o)
{
    if (fast_check(o)) {
        return;
    }
    note_version(o);
    o->type = Py_TYPE(o->o);
    def *now = describe(o->o, o->kind, 2);
    def *old = o->def;
    if (now == NULL) {
        return;
    }
    o->def = now;
    if (old == NULL) {
        return;
    }
    if (o->kind == K_WEAKREF) {
        list_special(o);
    }
    diff(o, old, now);
    if (o->is_new && o->first == NULL && o->n_ops > 0) {
        o->first = old;
    } else {
        def_free(old);
    }
}

/* Whether a frame from `f` down to, but not including, `base` has it in a slot. */
bool
is_held(const iframe *f, const iframe *base, const PyObject *v)
{
    for (; f != NULL && f != base; f = f->previous) {
        if (f->owner == FRAME_OWNED_BY_CSTACK || !PyCode_Check(f->f_executable)) {
            continue;
        }
        int n = ((PyCodeObject *)f->f_executable)->co_nlocalsplus;
        for (int i = 0; i < n; i++) {
            PyObject *slot = f->localsplus[i];
            if (slot == v || (slot != NULL && PyCell_Check(slot) && PyCell_GET(slot) == v)) {
                return true;
            }
        }
    }
    return false;
}

/* Whether an object in the hands of its finaliser can be looked at. */
bool
is_readable(const obj *o, const iframe *f)
{
    /* Memory of what nobody holds may be gone. */
    return !o->dying || (is_held(f, o->dying_at.in, o->o) && Py_REFCNT(o->o) > 0);
}

/* A check point that looks at every object. */
void
check_all(iframe *f)
{
    Py_ssize_t kept = 0, n = T.n_live, n_changed = 0;
    if (T.home_state->interp->audit_hooks != NULL && T.is_exact) {
        /* Nothing tells when the interpreter calls one. */
        T.is_exact = false;
        T.must_scan = true;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        obj *o = T.live[i];
        if (o->o == NULL) {
            release_obj(o);
            continue;
        }
        T.live[kept++] = o;
        if (!is_readable(o, f)) {
            continue;
        }
        list_late(o);
        if (o->def != NULL && is_changed(o)) {
            o->marked = 1;
            n_changed++;
        }
    }
    T.n_live = kept;
    for (Py_ssize_t i = 0; n_changed > 0 && i < kept; i++) {
        obj *o = T.live[i];
        if (o->marked) {
            o->marked = 0;
            n_changed--;
            check_obj(o);
        }
    }
    define_waiting();
}
