/* Objects that are let go and whose finaliser may show them first: they keep their number until it is over. */
#include "core.h"

/* Objects without a number whose finaliser runs: one that it shows gets its number in it. The innermost comes last. */
static struct leaving {
    const PyObject *v;
    struct ending at;
} *leaving;
static Py_ssize_t n_leaving, cap_leaving;

/* Those that CPython deposits because the C stack is deep, with the frame in which that was. Their finaliser runs when
 * the stack is less deep, and nothing tells of it, nor of their end: each stays until another object is at its address. */
static struct addresses deposited;

/* Takes an object without a number out, and tells where it is let go; nowhere where it is not there. */
static struct ending
drop_leaving(const PyObject *v)
{
    for (Py_ssize_t i = n_leaving - 1; i >= 0; i--) {
        if (leaving[i].v == v) {
            struct ending at = leaving[i].at;
            n_leaving--;
            memmove(&leaving[i], &leaving[i + 1], (size_t)(n_leaving - i) * sizeof *leaving);
            return at;
        }
    }
    return (struct ending){0};
}

/* Where the deallocation of an object without a number began; nowhere where it did not, or is over. */
struct ending
take_leaving(PyObject *v)
{
    const struct address *put_off = address_find(&deposited, v);
    struct ending at = put_off != NULL ? put_off->at : drop_leaving(v);
    return at.in == NULL || ending_is_undone(v) ? (struct ending){0} : at;
}

bool
is_dying_in(obj *o, struct ending at)
{
    if (!add_to(&T.dying, &T.n_places, &T.cap_dying, o)) {
        no_memory();
        return false;
    }
    o->dying = 1;
    o->dying_at = at;
    if (ending_has_frame(&at)) {
        o->dying_by = at.in->instr_ptr;
    } else {
        o->dying_at.in = NULL;
    }
    T.moving_bits = o->kind >= K_GENERATOR ? ITERS_ODD : T.moving_bits;
    T.n_dying++;
    return true;
}

/* Whether the finaliser of one that was deposited still has it. */
static bool
is_shown_late(obj *o, const iframe *f)
{
    if (address_find(&deposited, o->o) == NULL || !is_held(f, NULL, o->o) || ending_is_undone(o->o)) {
        return false;
    }
    /* The frame in which its end was put off does not run below this one any more. */
    o->dying_at.in = NULL;
    return true;
}

/* Whether `f` runs above the instruction by which it was let go. */
static bool
is_above_end(const obj *o, const iframe *f)
{
    const iframe *in = o->dying_at.in;
    return in != NULL && ending_is_above(f, in) && in->instr_ptr == o->dying_by;
}

/* Only its own thread tells, while that is there. */
static bool
is_still_dying(obj *o, const iframe *f, uint64_t thread)
{
    if (o->dying_at.thread != thread) {
        return ending_has_thread(o->dying_at.thread);
    }
    return is_above_end(o, f) || is_shown_late(o, f);
}

/* Ends those whose finaliser is over: `f` runs, and not inside their deallocation. */
void
end_dying(const iframe *f)
{
    uint64_t thread = this_thread()->id;
    Py_ssize_t kept = 0;
    for (Py_ssize_t i = 0; i < T.n_places; i++) {
        obj *o = T.dying[i];
        if (o->o != NULL && is_still_dying(o, f, thread)) {
            T.dying[kept++] = o;
        } else {
            if (o->o != NULL) {
                forget(o);
            }
            release_obj(o);
        }
    }
    if (kept < T.n_places) {
        /* Who saved one holds a new object. */
        doubt_names();
    }
    T.n_places = kept;
}

/* Whether the deallocator of an object with a finaliser will only deposit it; then that is noted. */
static bool
note_deposit(PyObject *v, iframe *f)
{
    if (!PyObject_IS_GC(v) || this_thread()->c_recursion_remaining > Py_TRASHCAN_HEADROOM) {
        return false;
    }
    if (!address_put(&deposited, (struct address){v, {f, this_thread()->id}})) {
        no_memory();
    }
    return true;
}

/* Whether its finaliser runs first. */
bool
begins_to_die(obj *o, iframe *f)
{
    if (o->dying || f == NULL || !ending_has_finaliser(o->o)) {
        return false;
    }
    note_deposit(o->o, f);
    return is_dying_in(o, (struct ending){f, this_thread()->id});
}

static bool
add_leaving(PyObject *v, struct ending at)
{
    if (n_leaving == cap_leaving) {
        Py_ssize_t cap = cap_leaving == 0 ? 16 : cap_leaving * 2;
        struct leaving *bigger = realloc(leaving, (size_t)cap * sizeof *leaving);
        if (bigger == NULL) {
            no_memory();
            return false;
        }
        leaving = bigger;
        cap_leaving = cap;
    }
    leaving[n_leaving++] = (struct leaving){v, at};
    return true;
}

/* `f` runs on a thread: those of it whose deallocation began below it may still be in their finaliser. */
static void
note_leaving(PyObject *v, iframe *f, uint64_t thread)
{
    while (n_leaving > 0 && ending_is_over(&leaving[n_leaving - 1].at, f, thread)) {
        n_leaving--;
    }
    if (n_leaving == cap_leaving) {
        /* Some of one thread may stand below those of another. */
        Py_ssize_t kept = 0;
        for (Py_ssize_t i = 0; i < n_leaving; i++) {
            if (!ending_is_over(&leaving[i].at, f, thread)) {
                leaving[kept++] = leaving[i];
            }
        }
        n_leaving = kept;
    }
    add_leaving(v, (struct ending){f, thread});
}

/* The object whose finaliser the interpreter itself called in `f`; NULL where it did not, or where that let go of it. */
static PyObject *
finalised_in(const iframe *f)
{
    const iframe *caller = f->previous;
    if (f->owner == FRAME_OWNED_BY_CSTACK || !PyCode_Check(f->f_executable)
        || caller == NULL || caller->owner != FRAME_OWNED_BY_CSTACK || caller->previous == NULL) {
        return NULL;
    }
    const PyCodeObject *code = (PyCodeObject *)f->f_executable;
    PyObject *v = code->co_nlocalsplus > 0 ? f->localsplus[0] : NULL;
    if (v != NULL && PyCell_Check(v)) {
        v = PyCell_GET(v);
    } else if (v != NULL && code->co_argcount == 0 && PyTuple_CheckExact(v) && PyTuple_GET_SIZE(v) > 0) {
        v = PyTuple_GET_ITEM(v, 0);
    }
    if (v == NULL || !(Py_TYPE(v)->tp_flags & Py_TPFLAGS_HEAPTYPE) || !ending_has_finaliser(v)) {
        return NULL;
    }
    return _PyType_Lookup(Py_TYPE(v), lib.del_name) == f->f_funcobj ? v : NULL;
}

static void
note_unheard_ends_of(const PyThreadState *state)
{
    Py_ssize_t from = n_leaving;
    for (iframe *f = state->current_frame; f != NULL; f = f->previous) {
        PyObject *v = finalised_in(f);
        if (v != NULL && find_obj(v) == NULL && !add_leaving(v, (struct ending){f->previous->previous, state->id})) {
            return;
        }
    }
    /* They were met the innermost first. */
    for (Py_ssize_t to = n_leaving - 1; from < to; from++, to--) {
        struct leaving other = leaving[from];
        leaving[from] = leaving[to];
        leaving[to] = other;
    }
}

/* Deaths are told from now on: notes what is in its finaliser already, the outermost first. */
void
note_unheard_ends(void)
{
    PyThreadState *state = PyInterpreterState_ThreadHead(PyInterpreterState_Get());
    for (; state != NULL; state = state->next) {
        note_unheard_ends_of(state);
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
    bool may_show = f != NULL && Py_TYPE(v)->tp_flags & Py_TPFLAGS_HEAPTYPE && ending_has_finaliser(v);
    if (may_show && !note_deposit(v, f)) {
        note_leaving(v, f, this_thread()->id);
    }
}

/* An object comes to be at this address. */
void
note_begin(const PyObject *v)
{
    struct address *at = address_find(&deposited, v);
    if (at != NULL) {
        address_drop(&deposited, at);
    }
    drop_leaving(v);
}

/* The end of an object may call something: its finaliser, or callbacks of weak references. What is not traced of that
 * may change anything: before traced code begins in it, and after it. */
void
expect_end_of(PyObject *v, const PyThreadState *state)
{
    const PyTypeObject *type = Py_TYPE(v);
    bool runs = has_unseen_callbacks(v);
    if (PyGen_CheckExact(v) || PyCoro_CheckExact(v)) {
        runs |= ((PyGenObject *)v)->gi_frame_state < FRAME_COMPLETED;
    } else {
        runs |= type->tp_finalize != NULL || type->tp_del != NULL;
    }
    if (runs) {
        T.must_scan = true;
        if (state != NULL && state->id == T.thread_id) {
            expect_anything(state->current_frame);
        }
    }
}

void
leaving_clear(void)
{
    address_clear(&deposited);
    free(leaving);
    leaving = NULL;
    n_leaving = cap_leaving = 0;
}
