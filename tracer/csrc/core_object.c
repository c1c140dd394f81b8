/* Objects with numbers. A number lives as long as its object: the interpreter tells of each deallocation. */
#include "core.h"

struct objects objects;

static obj **queue; /* wait for their definition, first in, first out */
static Py_ssize_t *distances;
static Py_ssize_t queue_at, queue_end, queue_cap;

static obj **grave; /* died since the last event; their definitions are let go outside deallocation */
static Py_ssize_t n_grave, cap_grave;

static bool
grow_table(void)
{
    size_t old_room = objects.room;
    struct numbered *old = objects.table;
    size_t wanted = objects.room == 0 ? 256 : objects.room * 2;
    struct numbered *fresh = calloc(wanted, sizeof *objects.table);
    if (fresh == NULL) {
        return false;
    }
    objects.table = fresh;
    objects.room = wanted;
    for (size_t k = 0; k < old_room; k++) {
        if (old[k].key != NULL) {
            size_t i = object_place(old[k].key);
            while (objects.table[i].key != NULL) {
                i = (i + 1) & (objects.room - 1);
            }
            objects.table[i] = old[k];
        }
    }
    free(old);
    return true;
}

static void
take_out(PyObject *key)
{
    size_t i = object_place(key);
    while (objects.table[i].key != key) {
        i = (i + 1) & (objects.room - 1);
    }
    objects.used--;
    for (size_t j = (i + 1) & (objects.room - 1); objects.table[j].key != NULL; j = (j + 1) & (objects.room - 1)) {
        size_t home = object_place(objects.table[j].key);
        if (((j - home) & (objects.room - 1)) >= ((j - i) & (objects.room - 1))) {
            objects.table[i] = objects.table[j];
            i = j;
        }
    }
    objects.table[i].key = NULL;
}

static bool
push_queue(obj *o, Py_ssize_t distance)
{
    if (queue_at == queue_end) {
        queue_at = queue_end = 0;
    }
    if (queue_end == queue_cap) {
        Py_ssize_t cap = queue_cap == 0 ? 256 : queue_cap * 2;
        obj **q = realloc(queue, (size_t)cap * sizeof *q);
        if (q == NULL) {
            return false;
        }
        queue = q;
        Py_ssize_t *d = realloc(distances, (size_t)cap * sizeof *d);
        if (d == NULL) {
            return false;
        }
        distances = d;
        queue_cap = cap;
    }
    T.can_wait = true;
    queue[queue_end] = o;
    distances[queue_end++] = distance;
    return true;
}

/* Appends to a list, which counts as a reference. */
bool
add_to(obj ***list, Py_ssize_t *n, Py_ssize_t *cap, obj *o)
{
    if (*n == *cap) {
        Py_ssize_t bigger = *cap == 0 ? 64 : *cap * 2;
        obj **at = realloc(*list, (size_t)bigger * sizeof *at);
        if (at == NULL) {
            return false;
        }
        *list = at;
        *cap = bigger;
    }
    o->refs++;
    (*list)[(*n)++] = o;
    return true;
}

/* Puts it into the list of what the next event writes under `heap`. */
void
touch(obj *o)
{
    if (o->touched) {
        return;
    }
    if (!add_to(&T.touched, &T.n_touched, &T.cap_touched, o)) {
        no_memory();
        return;
    }
    o->touched = 1;
}

/* Gives v the next number; it waits for its definition. NULL after a fault. */
obj *
new_obj(PyObject *v, Py_ssize_t distance)
{
    obj *o = (objects.used + 1) * 2 > objects.room && !grow_table() ? NULL : calloc(1, sizeof *o);
    if (o == NULL || !push_queue(o, distance)) {
        free(o);
        no_memory();
        return NULL;
    }
    o->o = v;
    o->id = T.next_id++;
    o->refs = 2; /* alive, waiting */
    o->type = Py_TYPE(v);
    o->kind = (uint8_t)kind_of(v);
    o->is_new = 1;
    watch_deaths_of(o->type);
    struct ending at = take_leaving(v);
    if (at.in != NULL) {
        is_dying_in(o, at);
    }
    size_t i = object_place(v);
    while (objects.table[i].key != NULL) {
        i = (i + 1) & (objects.room - 1);
    }
    objects.table[i].key = v;
    objects.table[i].value = o;
    objects.used++;
    bool listed = o->kind < K_FIXED ? add_to(&T.live, &T.n_live, &T.cap_live, o)
        : o->kind >= K_GENERATOR    ? add_to(&T.iters, &T.n_iters, &T.cap_iters, o)
                                    : true;
    if (!listed) {
        no_memory();
        return NULL;
    }
    T.moving_bits = o->kind >= K_GENERATOR ? ITERS_ODD : T.moving_bits;
    if (o->kind > K_GENERATOR) {
        list_given(v);
    }
    if (!T.saw_foreign && is_foreign(v)) {
        note_foreign();
    }
    if (PyType_Check(v) && ((PyTypeObject *)v)->tp_finalize != NULL) {
        /* What the interpreter tells of an end is more than what frames show of it afterwards. */
        watch_deaths_of((PyTypeObject *)v);
    }
    touch(o);
    return o;
}

/* Defines what waits, first in, first out. */
void
define_queue(void)
{
    T.can_wait = false;
    while (queue_at < queue_end) {
        obj *o = queue[queue_at];
        Py_ssize_t distance = distances[queue_at++];
        if (o->o != NULL) {
            define(o, distance);
        }
        release_obj(o);
    }
}

void
free_obj(obj *o)
{
    def_free(o->def);
    def_free(o->first);
    iter_state_free(o->iter);
    ops_clear(o);
    free(o->ops);
    free(o);
}

/* The object's number ends. What it was made of is let go at the next event: not inside a deallocation. */
void
forget(obj *o)
{
    take_out(o->o);
    o->o = NULL;
    T.moving_bits = o->kind >= K_GENERATOR ? ITERS_ODD : T.moving_bits;
    T.n_dying -= o->dying;
    /* A finaliser may have saved it: what holds it now holds a new object. */
    T.must_scan |= o->dying;
    o->dying = 0;
    if (n_grave == cap_grave) {
        Py_ssize_t cap = cap_grave == 0 ? 64 : cap_grave * 2;
        obj **bigger = realloc(grave, (size_t)cap * sizeof *bigger);
        if (bigger == NULL) {
            no_memory();
            return;
        }
        grave = bigger;
        cap_grave = cap;
    }
    T.deaths++;
    grave[n_grave++] = o;
}

/* Lets go of what the dead were made of; what an event still has to tell of them it has told. */
void
bury(void)
{
    while (n_grave > 0) {
        obj *o = grave[--n_grave];
        def_free(o->def);
        o->def = NULL;
        release_obj(o);
    }
}

bool
objects_start(void)
{
    T.next_id = 1;
    leaving_clear();
    deaths_start();
    return T.fault == NULL;
}

static void
let_go(obj **list, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        release_obj(list[i]);
    }
    free(list);
}

/* Lets go of everything. */
void
objects_end(void)
{
    deaths_end();
    leaving_clear();
    for (size_t i = 0; i < objects.room; i++) {
        if (objects.table[i].key != NULL) {
            obj *o = objects.table[i].value;
            unwatch(o);
            o->o = NULL;
            def_free(o->def);
            o->def = NULL;
            release_obj(o);
        }
    }
    bury();
    while (queue_at < queue_end) {
        release_obj(queue[queue_at++]);
    }
    let_go(T.touched, T.n_touched);
    let_go(T.live, T.n_live);
    let_go(T.iters, T.n_iters);
    let_go(T.dirty, T.n_dirty);
    let_go(T.always, T.n_always);
    let_go(T.dying, T.n_places);
    free(objects.table);
    free(queue);
    free(distances);
    free(grave);
    objects.table = NULL;
    objects.room = objects.used = 0;
    queue = NULL;
    distances = NULL;
    queue_at = queue_end = queue_cap = 0;
    grave = NULL;
    n_grave = cap_grave = 0;
}
