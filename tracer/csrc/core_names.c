/* Names: what changed of a frame's variables and of the globals since they were last written (docs/trace-format.md §3). */
#include "core.h"
#include "core_names.h"
#include "peek.h"

/* What one event says of names: borrowed texts, values owned by the table they come from. */
struct change {
    PyObject *name;
    uint32_t *k; /* where the name's entry in the table of texts is kept, or NULL */
    val v;
    int64_t last; /* the int that it was */
    bool had_int;
};
struct changes {
    struct change *set;
    Py_ssize_t n_set, cap_set;
    struct change *unset;
    Py_ssize_t n_unset, cap_unset;
};
static struct changes locals, globals;

static struct global_name {
    PyObject *name; /* owned */
    uint32_t k;
    val v;
} *known;
static Py_ssize_t n_known, cap_known;
static bool follows_all;

static void
add_change(struct change **list, Py_ssize_t *n, Py_ssize_t *cap, struct change c)
{
    if (*n == *cap) {
        Py_ssize_t bigger = *cap == 0 ? 32 : *cap * 2;
        struct change *at = realloc(*list, (size_t)bigger * sizeof *at);
        if (at == NULL) {
            no_memory();
            return;
        }
        *list = at;
        *cap = bigger;
    }
    (*list)[(*n)++] = c;
}

/* Takes the present value of a name, and notes where it has another. */
static inline void
look(struct changes *c, val *place, PyObject *v, PyObject *name, uint32_t *k)
{
    val old = *place;
    if (val_is(old, v)) {
        return;
    }
    val now = meet(v, 1);
    *place = now;
    if (now == 0) {
        add_change(&c->unset, &c->n_unset, &c->cap_unset, (struct change){.name = name, .k = k});
    } else if (old == 0 || !val_equal(old, now)) {
        struct change change = {.name = name, .k = k, .v = now};
        change.had_int = int_of_val(old, &change.last);
        add_change(&c->set, &c->n_set, &c->cap_set, change);
    }
    val_drop(old);
}

static bool
is_borrowed(const plan *p, int unit, int slot)
{
    if (!p->has_borrowed || p->borrowed[unit] == 0) {
        return false;
    }
    PyObject *set = PyTuple_GET_ITEM(p->sets, p->borrowed[unit]);
    PyObject *number = PyLong_FromLong(slot);
    bool found = number != NULL && PySet_Contains(set, number) == 1;
    Py_XDECREF(number);
    return found;
}

/* Slots of code that has inlined comprehensions, or of a class or module body. */
static void
look_borrowed(frame *fr, int unit)
{
    plan *p = fr->p;
    if (fr->comp == NULL) {
        fr->comp = calloc((size_t)p->n_names + 1, sizeof *fr->comp);
        if (fr->comp == NULL) {
            no_memory();
            return;
        }
    }
    for (int i = 0; i < p->n_names; i++) {
        struct slot_name *n = &p->names[i];
        PyObject *v = slot_value(fr->f, n);
        if (n->hidden || is_borrowed(p, unit, n->slot)) {
            look(&locals, &fr->comp[i], v, n->comp_name, &n->comp_k);
        } else {
            look(&locals, &fr->comp[i], NULL, n->comp_name, &n->comp_k);
            look(&locals, &fr->names[i], v, n->name, &n->k);
        }
    }
}

static bool
is_body_bookkeeping(PyObject *name)
{
    static const char *const names[] = {
        "__module__",         "__qualname__",    "__firstlineno__", "__static_attributes__",
        "__type_params__",    "__classdictcell__", "__annotations__",
    };
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        if (PyUnicode_EqualToUTF8(name, names[i])) {
            return true;
        }
    }
    return false;
}

static Py_ssize_t
find_pair(const vec *pairs, Py_ssize_t hint, PyObject *name)
{
    for (Py_ssize_t i = 0; i < pairs->n; i += 2) {
        Py_ssize_t at = (hint + i) % pairs->n;
        if (pairs->at[at] == (val)name || inline_equal((PyObject *)pairs->at[at], name)) {
            return at;
        }
    }
    return -1;
}

static void
look_body(frame *fr)
{
    PyObject *namespace = fr->f->f_locals;
    if (namespace == NULL || namespace == T.globals) {
        return;
    }
    struct words words = {0};
    if (PyDict_Check(namespace)) {
        peek_entries(namespace, &words);
    }
    bool *seen = calloc((size_t)fr->body.n / 2 + words.count / 2 + 1, sizeof *seen);
    for (size_t i = 0; seen != NULL && i < words.count; i += 2) {
        PyObject *name = (PyObject *)words.data[i];
        if (!PyUnicode_CheckExact(name) || is_body_bookkeeping(name)) {
            continue;
        }
        Py_ssize_t at = find_pair(&fr->body, (Py_ssize_t)i, name);
        if (at < 0) {
            at = fr->body.n;
            if (!vec_add(&fr->body, (val)Py_NewRef(name)) || !vec_add(&fr->body, 0)) {
                break;
            }
        }
        seen[at / 2] = true;
        look(&locals, &fr->body.at[at + 1], (PyObject *)words.data[i + 1], (PyObject *)fr->body.at[at],
             NULL);
    }
    for (Py_ssize_t i = 0; seen != NULL && i < fr->body.n; i += 2) {
        if (!seen[i / 2]) {
            look(&locals, &fr->body.at[i + 1], NULL, (PyObject *)fr->body.at[i], NULL);
        }
    }
    free(seen);
    words_free(&words);
}

static void
put_name(const struct change *c)
{
    uint32_t none = 0;
    put_known_text(c->name, c->k != NULL ? c->k : &none);
}

/* A value of a name: the difference to its last one where both are ints. */
static void
put_changed(val now, bool had_int, int64_t last)
{
    int64_t number;
    if (had_int && int_of_val(now, &number)) {
        room(16);
        T.at = raw_difference(T.at, number - last);
    } else {
        put_val(now);
    }
}

/* `in_full`: without differences. */
static void
put_changes(const struct changes *c, bool in_full)
{
    put_uint((uint64_t)c->n_set);
    for (Py_ssize_t i = 0; i < c->n_set; i++) {
        put_name(&c->set[i]);
        put_changed(c->set[i].v, c->set[i].had_int && !in_full, c->set[i].last);
    }
    put_uint((uint64_t)c->n_unset);
    for (Py_ssize_t i = 0; i < c->n_unset; i++) {
        put_name(&c->unset[i]);
    }
}

/* Whether a value that is held is a string of another length, and so another one. */
static inline bool
is_other_string(val old, PyObject *v)
{
    return old != 0 && (old & VAL_TAG) == VAL_HELD && Py_IS_TYPE((PyObject *)old, &PyUnicode_Type)
        && PyUnicode_GET_LENGTH((PyObject *)old) != PyUnicode_GET_LENGTH(v);
}

/* Takes another value of a name and writes it. Whether it is one more that is set. */
static bool
put_other_name(frame *fr, int i, PyObject *v, uint64_t *unset)
{
    struct slot_name *n = &fr->p->names[i];
    bool is_string = v != NULL && Py_IS_TYPE(v, &PyUnicode_Type);
    val old = fr->names[i], now = is_string ? meet_string(v) : meet(v, 1);
    if (is_string && old == now && is_by_value(now)) {
        return false;
    }
    fr->names[i] = now;
    if (!is_string) {
        note_name(fr->p, i, v);
    }
    bool is_set = now != 0 && (old == 0 || (is_string && is_other_string(old, v)) || !val_equal(old, now));
    if (is_set) {
        put_known_text(n->name, &n->k);
        int64_t last;
        bool had_int = !is_string && int_of_val(old, &last);
        if (had_int) {
            put_changed(now, true, last);
        } else {
            put_val(now);
        }
    }
    *unset |= now == 0 ? 1ull << i : 0;
    val_drop(old);
    return is_set;
}

uint8_t *
put_other_names(frame *fr, uint64_t left, unsigned n_set, ptrdiff_t count_at, uint8_t *at)
{
    uint64_t unset = 0;
    T.at = at;
    for (; left != 0; left &= left - 1) {
        int i = __builtin_ctzll(left);
        PyObject *v = slot_value(fr->f, &fr->p->names[i]);
        /* A string is looked up once. */
        bool is_other = (fr->names[i] & VAL_TAG) == VAL_TEXT || !val_is(fr->names[i], v);
        n_set += is_other && put_other_name(fr, i, v, &unset);
    }
    if (n_set == 0 && unset == 0) {
        T.at = T.record + count_at;
    } else {
        T.record[count_at] = (uint8_t)n_set;
        put_uint((uint64_t)__builtin_popcountll(unset));
        for (; unset != 0; unset &= unset - 1) {
            struct slot_name *n = &fr->p->names[__builtin_ctzll(unset)];
            put_known_text(n->name, &n->k);
        }
    }
    room(RECORD_ROOM);
    return T.at;
}

/* The names of a frame that is not simple, as put_names(). */
uint8_t *
names_other(frame *fr, int unit, uint8_t *at)
{
    plan *p = fr->p;
    if (p->is_simple && fr->comp == NULL && p->borrowed[unit] == 0) {
        return put_some_names(fr, at);
    }
    locals.n_set = locals.n_unset = 0;
    note_all_names(fr);
    if (!p->is_optimized) {
        look_body(fr);
        look_borrowed(fr, unit);
    } else if (p->has_borrowed && (fr->comp != NULL || p->borrowed[unit] != 0)) {
        look_borrowed(fr, unit);
    } else {
        for (int i = 0; i < p->n_names; i++) {
            struct slot_name *n = &p->names[i];
            look(&locals, &fr->names[i], slot_value(fr->f, n), n->name, &n->k);
        }
    }
    T.at = at;
    if (locals.n_set + locals.n_unset > 0) {
        /* Names of a class body are of two tables. */
        put_changes(&locals, !p->is_optimized);
    }
    return T.at;
}

static bool
is_known(PyObject *name)
{
    for (Py_ssize_t i = 0; i < n_known; i++) {
        if (known[i].name == name || inline_equal(known[i].name, name)) {
            return true;
        }
    }
    return false;
}

static bool
add_global(PyObject *name)
{
    if (n_known == cap_known) {
        Py_ssize_t cap = cap_known == 0 ? 32 : cap_known * 2;
        struct global_name *at = realloc(known, (size_t)cap * sizeof *at);
        if (at == NULL) {
            return false;
        }
        known = at;
        cap_known = cap;
    }
    known[n_known++] = (struct global_name){.name = Py_NewRef(name)};
    return true;
}

/* The call of a code object that was not called before: a list of names, ascending. */
bool
globals_add(PyObject *names)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names); i++) {
        PyObject *name = PyList_GET_ITEM(names, i);
        if (!is_known(name) && !add_global(name)) {
            return false;
        }
    }
    T.globals_version = 0;
    return true;
}

/* The module's body runs: every name is one of its names. */
void
globals_follow_all(void)
{
    follows_all = true;
}

static bool
is_dunder(PyObject *name)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(name);
    return n >= 2 && PyUnicode_READ_CHAR(name, 0) == '_' && PyUnicode_READ_CHAR(name, 1) == '_'
        && PyUnicode_READ_CHAR(name, n - 1) == '_' && PyUnicode_READ_CHAR(name, n - 2) == '_';
}

static void
follow(void)
{
    Py_ssize_t at = 0;
    PyObject *name, *v;
    while (PyDict_Next(T.globals, &at, &name, &v)) {
        if (PyUnicode_CheckExact(name) && !is_dunder(name) && !is_known(name)) {
            add_global(name);
        }
    }
}

/* Compares the known globals, whose dict changed since they were, and writes what did; the flag of the section, or 0. */
unsigned
put_changed_globals(void)
{
    globals.n_set = globals.n_unset = 0;
    if (follows_all) {
        follow();
    }
    for (Py_ssize_t i = 0; i < n_known; i++) {
        struct global_name *g = &known[i];
        look(&globals, &g->v, dict_get(T.globals, g->name), g->name, &g->k);
    }
    T.globals_version = dict_version(T.globals);
    if (globals.n_set + globals.n_unset == 0) {
        return 0;
    }
    put_changes(&globals, false);
    return FLAG_GLOBALS;
}

void
globals_clear(void)
{
    for (Py_ssize_t i = 0; i < n_known; i++) {
        Py_DECREF(known[i].name);
        val_drop(known[i].v);
    }
    free(known);
    free(locals.set);
    free(locals.unset);
    free(globals.set);
    free(globals.unset);
    locals = globals = (struct changes){0};
    known = NULL;
    n_known = cap_known = 0;
    follows_all = false;
}
