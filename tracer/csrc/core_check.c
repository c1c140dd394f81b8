/* Check points: looks only at objects that what ran since the last one can have changed. */
#include "core.h"
#include "peek.h"

#define CANDIDATES 256

/* Whether it has a dict that others may change: one that is not yet made tells of itself only where its values are part
 * of the object. */
static bool
has_dict(PyObject *v)
{
    PyTypeObject *type = Py_TYPE(v);
    if (type->tp_flags & Py_TPFLAGS_INLINE_VALUES) {
        return _PyObject_ManagedDictPointer(v)->dict != NULL;
    }
    return type->tp_flags & Py_TPFLAGS_MANAGED_DICT || type->tp_dictoffset != 0;
}

/* Arranges that it is looked at, at each check point. */
void
list_always(obj *o)
{
    if (o->always) {
        return;
    }
    o->always = 1;
    if (!add_to(&T.always, &T.n_always, &T.cap_always, o)) {
        no_memory();
    }
}

/* The dict of a function, a partial or an instance, where it is made; others may have it too. */
static PyObject *
dict_of(const obj *o)
{
    if (o->kind == K_FUNCTION) {
        return ((PyFunctionObject *)o->o)->func_dict;
    }
    if (o->kind == K_PARTIAL) {
        return ((struct partial *)o->o)->keywords;
    }
    bool is_managed = o->kind == K_INSTANCE && Py_TYPE(o->o)->tp_flags & Py_TPFLAGS_MANAGED_DICT;
    return is_managed ? (PyObject *)_PyObject_ManagedDictPointer(o->o)->dict : NULL;
}

/* Those that were met before their dict: stores into it change them too, and nothing tells of them. */
static void
list_owners(const PyObject *dict)
{
    for (Py_ssize_t i = 0; i < T.n_live; i++) {
        obj *o = T.live[i];
        if (o->o != NULL && !o->dying && dict_of(o) == dict) {
            list_always(o);
        }
    }
}

static int
is_wanted(PyObject *v, void *wanted)
{
    return v == wanted;
}

/* Whether an iterator holds a tuple that it gave: it puts the next items into it once nobody else does. */
static bool
is_given_again(PyObject *tuple)
{
    for (Py_ssize_t i = 0; i < T.n_iters; i++) {
        const obj *o = T.iters[i];
        traverseproc traverse = o->o == NULL || o->kind == K_GENERATOR ? NULL : Py_TYPE(o->o)->tp_traverse;
        if (traverse != NULL && traverse(o->o, is_wanted, tuple)) {
            return true;
        }
    }
    return false;
}

static int
list_given_tuple(PyObject *v, void *unused)
{
    (void)unused;
    obj *o = Py_IS_TYPE(v, &PyTuple_Type) ? find_obj(v) : NULL;
    if (o != NULL) {
        list_always(o);
    }
    return 0;
}

/* An iterator is met after the tuple that it gave, which had a name or an owner before: the next items will stand in it.
 * One over a tuple changes nothing. */
void
list_given(PyObject *iterator)
{
    traverseproc traverse = Py_TYPE(iterator)->tp_traverse;
    if (T.is_exact && traverse != NULL && !Py_IS_TYPE(iterator, &PyTupleIter_Type)) {
        traverse(iterator, list_given_tuple, NULL);
    }
}

/* Arranges that changes of a new object will be seen. */
void
list_special(obj *o)
{
    if (!T.is_exact || o->always || o->kind > K_FIXED) {
        return;
    }
    if (o->kind == K_DICT || o->kind == K_DICTLIKE) {
        watch_dict(o);
        PyDictValues *values = ((PyDictObject *)o->o)->ma_values;
        if (values != NULL && values->embedded) {
            /* The dict of an instance got a name: stores into it change the instance too. */
            T.is_exact = false;
            T.must_scan = true;
        } else if (o->kind == K_DICT && Py_REFCNT(o->o) > 1) {
            list_owners(o->o);
        }
    }
    const PyObject *dict = dict_of(o);
    if (dict != NULL && Py_REFCNT(dict) > 1) {
        list_owners(dict);
    }
    bool always = o->kind == K_EXCEPTION || o->kind == K_STREAM || (o->kind == K_WEAKREF && !is_told_by_end(o))
        || o->kind == K_CELL || o->kind == K_CLASS
        || (o->kind == K_TUPLE && Py_REFCNT(o->o) > 1 && is_given_again(o->o))
        || (o->kind != K_FUNCTION && o->kind != K_PARTIAL && o->kind != K_ENUM && has_dict(o->o));
    if (always) {
        list_always(o);
    }
}

/* An instance whose dict was made after it was met, or a function that was given one: from here on others may change it. */
void
list_late(obj *o)
{
    if (o->always || (o->kind != K_INSTANCE && o->kind != K_FUNCTION)) {
        return;
    }
    const PyObject *dict = dict_of(o);
    if (dict != NULL && Py_REFCNT(dict) > 1 && T.is_exact) {
        list_owners(dict);
    }
    if (o->kind == K_INSTANCE && !o->always && has_dict(o->o)) {
        list_special(o);
    }
}

/* `f` runs: what ran since the last check point of the activation that it serves can have changed anything. */
void
expect_anything(iframe *f)
{
    for (; f != NULL; f = f->previous) {
        frame *fr = find_frame(f);
        if (fr != NULL && (PyObject *)fr->p->code == f->f_executable) {
            T.n_open += fr->n_pending == 0;
            fr->n_pending = 1;
            fr->pending[0] = (struct pending){.how = PEND_ALL};
            return;
        }
    }
}

static struct choice {
    obj *o;
    int how;
    Py_ssize_t at;
} chosen[CANDIDATES];
static int n_chosen;

static bool
choose(obj *o, int how, Py_ssize_t at)
{
    if (o->marked || o->o == NULL || o->def == NULL) {
        return true;
    }
    if (n_chosen == CANDIDATES) {
        return false;
    }
    o->marked = 1;
    chosen[n_chosen++] = (struct choice){o, how, at};
    return true;
}

static int
by_number(const void *a, const void *b)
{
    uint32_t x = ((const struct choice *)a)->o->id, y = ((const struct choice *)b)->o->id;
    return x < y ? -1 : x > y;
}

static bool
choose_pending(const frame *fr)
{
    for (int i = 0; i < fr->n_pending; i++) {
        const struct pending *p = &fr->pending[i];
        obj *o = p->how == PEND_ALL ? NULL : find_obj(p->v);
        /* Two hints for one object: it is looked at as a whole. */
        int how = fr->n_pending == 1 ? p->how : PEND_ONE;
        if (p->how == PEND_ALL || (o != NULL && !choose(o, how, p->at))) {
            return false;
        }
    }
    return true;
}

/* All frames of the thread whose instruction is under way: code that it called begins. */
static bool
choose_open(const frame *top)
{
    int left = T.n_open;
    for (; top != NULL && left > 0; top = top->below) {
        left -= top->n_pending > 0;
        if (!choose_pending(top)) {
            return false;
        }
    }
    return true;
}

static bool
choose_listed(void)
{
    Py_ssize_t kept = 0;
    bool fits = true;
    for (Py_ssize_t i = 0; i < T.n_dirty; i++) {
        fits = fits && choose(T.dirty[i], T.dirty[i]->how, T.dirty[i]->place);
    }
    for (Py_ssize_t i = 0; i < T.n_always; i++) {
        obj *o = T.always[i];
        if (o->o == NULL || is_settled_reference(o)) {
            o->always = 0;
            release_obj(o);
        } else {
            T.always[kept++] = o;
            fits = fits && choose(o, PEND_ONE, 0);
        }
    }
    T.n_always = kept;
    return fits;
}

static void
clean_dirty(void)
{
    for (Py_ssize_t i = 0; i < T.n_dirty; i++) {
        T.dirty[i]->dirty = 0;
        release_obj(T.dirty[i]);
    }
    T.n_dirty = 0;
}

/* Looks at one object, whose change is hinted at. */
static void
check_hinted(obj *o, const iframe *f, int how, Py_ssize_t at)
{
    if (o->o == NULL || o->def == NULL || (o->dying && !is_readable(o, f))) {
        return;
    }
    if (how == PEND_ONE) {
        list_late(o);
    }
    bool is_done = how == PEND_AT ? fast_at(o, at)
        : how == PEND_TAIL        ? fast_tail(o)
        : how == PEND_KEY         ? fast_key(o, at)
        : how == PEND_LAST        ? fast_last(o)
                                  : false;
    if (!is_done && is_changed(o)) {
        check_obj(o);
    }
}

static void
check_chosen(iframe *f)
{
    if (n_chosen > 1) {
        qsort(chosen, (size_t)n_chosen, sizeof *chosen, by_number);
    }
    for (int i = 0; i < n_chosen; i++) {
        const struct choice *c = &chosen[i];
        obj *o = c->o;
        o->marked = 0;
        check_hinted(o, f, c->how, c->at);
    }
    n_chosen = 0;
}

static void
check_some(frame *fr, iframe *f, bool is_entry)
{
    bool fits = (fr == NULL || choose_pending(fr)) && (!is_entry || choose_open(T.top)) && choose_listed();
    clean_dirty();
    if (fits) {
        check_chosen(f);
        return;
    }
    for (int i = 0; i < n_chosen; i++) {
        chosen[i].o->marked = 0;
    }
    n_chosen = 0;
    check_all(f);
}

/* The one hint of the frame, where nothing else is to be looked at. */
static bool
check_one(const frame *fr, const iframe *f)
{
    const struct pending *p = &fr->pending[0];
    if (p->how == PEND_ALL) {
        return false;
    }
    obj *o = find_obj(p->v);
    if (o != NULL && !(p->had_int && !o->dying && o->def != NULL && fast_cut(o, p->at, p->was))) {
        check_hinted(o, f, p->how, p->at);
    }
    return true;
}

/* The one dict that the interpreter told of, likewise. */
static void
check_dict(const iframe *f)
{
    obj *o = T.dirty[0];
    T.n_dirty = 0;
    o->dirty = 0;
    check_hinted(o, f, o->how, o->place);
    release_obj(o);
}

/* The rest of check_point(): something may have changed. */
void
check_now(frame *fr, iframe *f, bool is_entry)
{
    if (fr != NULL && fr->n_pending == 1 && (T.must_scan | T.n_dirty | T.n_always) == 0 && check_one(fr, f)) {
        define_waiting();
        drop_pending(fr);
        return;
    }
    if (T.must_scan) {
        T.must_scan = !T.is_exact;
        clean_dirty();
        check_all(f);
    } else {
        int hints = fr != NULL ? fr->n_pending : is_entry ? 2 * T.n_open : 0;
        bool is_done = false;
        if (T.n_always == 0 && hints + T.n_dirty == 1) {
            is_done = T.n_dirty == 1 ? (check_dict(f), true) : check_one(fr, f);
        }
        if (!is_done) {
            check_some(fr, f, is_entry);
        }
    }
    define_waiting();
    if (fr != NULL) {
        drop_pending(fr);
    }
}
