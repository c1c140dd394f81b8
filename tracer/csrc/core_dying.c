/* Objects that are let go and whose finaliser may show them first: they keep their number until it is over. */
#include "core.h"

/* Objects without a number whose finaliser may run: one that it shows gets its number in it. */
#define MAX_LEAVING 16
static struct {
    const PyObject *v;
    iframe *in;
} leaving[MAX_LEAVING];
static int n_leaving;

/* The frame in which the deallocation of an object without a number began, NULL where it did not; told once. */
iframe *
take_leaving(const PyObject *v)
{
    for (int i = 0; i < n_leaving; i++) {
        if (leaving[i].v == v) {
            iframe *in = leaving[i].in;
            leaving[i] = leaving[--n_leaving];
            return in;
        }
    }
    return NULL;
}

bool
is_dying_in(obj *o, iframe *f)
{
    if (!add_to(&T.dying, &T.n_places, &T.cap_dying, o)) {
        fault("out of memory");
        return false;
    }
    o->dying = 1;
    o->dying_in = f;
    T.moving_bits = o->kind >= K_GENERATOR ? ITERS_ODD : T.moving_bits;
    T.n_dying++;
    return true;
}

static bool
is_inside(const iframe *f, const iframe *base)
{
    if (f == base) {
        return false;
    }
    while (f != NULL && f != base) {
        f = f->previous;
    }
    return f == base;
}

/* Ends those whose finaliser is over: `f` runs, and not inside their deallocation. */
void
end_dying(const iframe *f)
{
    Py_ssize_t kept = 0;
    for (Py_ssize_t i = 0; i < T.n_places; i++) {
        obj *o = T.dying[i];
        if (is_inside(f, o->dying_in)) {
            T.dying[kept++] = o;
        } else {
            if (o->o != NULL) {
                forget(o);
            }
            release_obj(o);
        }
    }
    T.n_places = kept;
}

static bool
will_be_finalised(PyObject *v)
{
    return Py_TYPE(v)->tp_finalize != NULL && !(PyObject_IS_GC(v) && PyObject_GC_IsFinalized(v));
}

/* Whether its finaliser runs first. */
bool
begins_to_die(obj *o, iframe *f)
{
    return !o->dying && f != NULL && will_be_finalised(o->o) && is_dying_in(o, f);
}

/* `f` runs: those whose deallocation began below it may still be in their finaliser. */
static void
note_leaving(PyObject *v, iframe *f)
{
    int kept = 0;
    for (int i = 0; i < n_leaving; i++) {
        if (is_inside(f, leaving[i].in)) {
            leaving[kept++] = leaving[i];
        }
    }
    n_leaving = kept;
    if (n_leaving < MAX_LEAVING) {
        leaving[n_leaving].v = v;
        leaving[n_leaving++].in = f;
    }
}

void
leave_dying(obj *o)
{
    Py_ssize_t kept = 0;
    for (Py_ssize_t i = 0; i < T.n_places; i++) {
        if (T.dying[i] != o) {
            T.dying[kept++] = T.dying[i];
        }
    }
    if (kept < T.n_places) {
        T.n_places = kept;
        release_obj(o);
    }
}

/* An object without a number is let go in `f`. Finalisers in C show nobody their object. */
void
note_end(PyObject *v, iframe *f)
{
    if (f != NULL && Py_TYPE(v)->tp_flags & Py_TPFLAGS_HEAPTYPE && will_be_finalised(v)) {
        note_leaving(v, f);
    }
}

/* An object comes to be at this address. */
void
note_begin(const PyObject *v)
{
    take_leaving(v);
}

/* The end of an object may call something: its finaliser, or callbacks of weak references. What is not traced of that
 * may change anything: before traced code begins in it, and after it. */
void
expect_end_of(PyObject *v, const PyThreadState *state)
{
    const PyTypeObject *type = Py_TYPE(v);
    /* Below the object where the interpreter manages it. */
    bool runs = type->tp_weaklistoffset != 0 && *(PyObject **)((char *)v + type->tp_weaklistoffset) != NULL;
    if (PyGen_CheckExact(v) || PyCoro_CheckExact(v)) {
        runs |= ((PyGenObject *)v)->gi_frame_state < FRAME_COMPLETED;
    } else {
        runs |= type->tp_finalize != NULL;
    }
    if (runs) {
        T.must_scan = true;
        if (state != NULL && state->id == T.thread_id) {
            expect_anything(state->current_frame);
        }
    }
}

void
leaving_start(void)
{
    n_leaving = 0;
}
