/*
 * Deaths of numbered objects: the interpreter tells of each deallocation. One with a finaliser keeps its number while
 * that runs.
 */
#include "peek_numbers.h"
#include "addresses.h"

static size_t dying_count;
/* Objects without a number whose finaliser runs: one that it shows gets its number in it. The innermost comes last. */
static struct leaving {
    const PyObject *object;
    struct ending at;
} *leaving;
static size_t leaving_count, leaving_room;
/*
 * Objects that CPython deposits because the C stack is deep, by the frame in which it did: their finaliser runs later,
 * and nothing tells when. Each stays here until another object is at its address.
 */
static struct addresses deposited;

static void
forget(struct watched *entry)
{
    dying_count -= entry->dying;
    entry->dying = false;
    numbers_forget(entry);
}

/* Only its own thread tells, while that is there. */
static bool
is_dying_in(struct watched *entry, frame_t *frame, uint64_t thread)
{
    if (entry->dying_at.thread != thread) {
        return ending_has_thread(entry->dying_at.thread);
    }
    if (entry->dying_at.in != NULL && ending_is_above(frame, entry->dying_at.in)) {
        return true;
    }
    /* The finaliser of a deposited one may run below another frame than that in which it was let go. */
    entry->dying_at.in = NULL;
    return address_find(&deposited, entry->object) != NULL
        && peek_holds(frame, NULL, entry->object) && !ending_is_undone(entry->object);
}

/* Ends those whose finaliser is over: `frame` runs, and it does not run inside the deallocation. */
void
dying_end(frame_t *frame)
{
    struct watched *entry;
    uint64_t thread = PyThreadState_Get()->id;
    for (size_t i = 0; dying_count > 0 && (entry = numbers_live(i)) != NULL; i++) {
        if (entry->dying && !is_dying_in(entry, frame, thread)) {
            forget(entry);
        }
    }
}

/* The deallocation of an object began in a frame of a thread, and its finaliser runs. */
void
dying_note(struct watched *entry, struct ending at)
{
    entry->dying = true;
    entry->dying_at = at;
    dying_count++;
}

/* Whether its deallocation is put off; then that is noted. */
static bool
note_deposited(PyObject *object, frame_t *frame, const PyThreadState *state)
{
    bool is_deposited = PyObject_IS_GC(object)
        && state->c_recursion_remaining <= Py_TRASHCAN_HEADROOM;
    if (is_deposited && !address_put(&deposited, (struct address){object, {frame, state->id}})) {
        Py_FatalError("no memory to watch objects");
    }
    return is_deposited;
}

static void
note_leaving(const PyObject *object, frame_t *frame, uint64_t thread)
{
    size_t kept = 0;
    for (size_t i = 0; i < leaving_count; i++) {
        if (!ending_is_over(&leaving[i].at, frame, thread)) {
            leaving[kept++] = leaving[i];
        }
    }
    leaving_count = kept;
    if (leaving_count == leaving_room) {
        leaving_room = leaving_room == 0 ? 16 : leaving_room * 2;
        leaving = PyMem_RawRealloc(leaving, leaving_room * sizeof *leaving);
        if (leaving == NULL) {
            Py_FatalError("no memory to watch objects");
        }
    }
    leaving[leaving_count++] = (struct leaving){object, {frame, thread}};
}

/* Where the deallocation of an object without a number began, nowhere where it did not; told once. */
static struct ending
take_leaving(const PyObject *object)
{
    size_t i = leaving_count;
    while (i > 0 && leaving[i - 1].object != object) {
        i--;
    }
    if (i == 0) {
        return (struct ending){0};
    }
    struct ending at = leaving[i - 1].at;
    for (; i < leaving_count; i++) {
        leaving[i - 1] = leaving[i];
    }
    leaving_count--;
    return at;
}

/* The same, where it is not over. */
struct ending
dying_take(PyObject *object)
{
    const struct address *put_off = address_find(&deposited, object);
    struct ending at = put_off == NULL ? take_leaving(object) : put_off->at;
    return at.in != NULL && ending_is_undone(object) ? (struct ending){0} : at;
}

/* Another object is at this address. */
static void
begin(const PyObject *object)
{
    struct address *at = address_find(&deposited, object);
    if (at != NULL) {
        address_drop(&deposited, at);
    }
    take_leaving(object);
}

/*
 * An object with a finaliser keeps its number while that runs. It is read only while a frame of the finaliser holds it
 * (is_readable), and a new object at its address tells that it is gone.
 */
static int
on_reference(PyObject *object, PyRefTracerEvent event, void *Py_UNUSED(data))
{
    if (event == PyRefTracer_CREATE) {
        begin(object);
        if (dying_count == 0) {
            return 0;
        }
    }
    PyThreadState *state = PyThreadState_GetUnchecked();
    frame_t *frame = state == NULL ? NULL : state->current_frame;
    bool may_show = event == PyRefTracer_DESTROY && frame != NULL && ending_has_finaliser(object);
    struct watched *entry = numbers_find(object);
    if (entry == NULL) {
        /* Finalisers in C show nobody their object. */
        if (may_show && Py_TYPE(object)->tp_flags & Py_TPFLAGS_HEAPTYPE
            && !note_deposited(object, frame, state)) {
            note_leaving(object, frame, state->id);
        }
        return 0;
    }
    if (may_show && !entry->dying) {
        note_deposited(object, frame, state);
        dying_note(entry, (struct ending){frame, state->id});
        return 0;
    }
    forget(entry);
    return 0;
}

/* Listens. False with an exception. */
bool
dying_start(void)
{
    dying_count = 0;
    return PyRefTracer_SetTracer(on_reference, NULL) == 0;
}

void
dying_stop(void)
{
    PyRefTracer_SetTracer(NULL, NULL);
    address_clear(&deposited);
    PyMem_RawFree(leaving);
    leaving = NULL;
    leaving_count = leaving_room = 0;
}
