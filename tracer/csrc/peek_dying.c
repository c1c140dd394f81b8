/*
 * Deaths of numbered objects: the interpreter tells of each deallocation. One with a finaliser keeps its number while
 * that runs.
 */
#include "peek_numbers.h"

static size_t dying_count;
/* Objects without a number whose finaliser may run: one that it shows gets its number in it. */
#define LEAVING_MAX 16
static struct {
    const PyObject *object;
    frame_t *in;
} leaving[LEAVING_MAX];
static int leaving_count;

static void
forget(struct watched *entry)
{
    dying_count -= entry->dying;
    entry->dying = false;
    numbers_forget(entry);
}

/* Ends those whose finaliser is over: `frame` runs, and it does not run inside the deallocation. */
void
dying_end(frame_t *frame)
{
    struct watched *entry;
    for (size_t i = 0; dying_count > 0 && (entry = numbers_live(i)) != NULL; i++) {
        if (entry->dying && !peek_is_strictly_below(frame, entry->dying_in)) {
            forget(entry);
        }
    }
}

/* The deallocation of an object began in a frame, and its finaliser runs. */
void
dying_note(struct watched *entry, frame_t *in)
{
    entry->dying = true;
    entry->dying_in = in;
    dying_count++;
}

static bool
will_be_finalised(PyObject *object)
{
    return Py_TYPE(object)->tp_finalize != NULL
        && !(PyObject_IS_GC(object) && PyObject_GC_IsFinalized(object));
}

static void
note_leaving(const PyObject *object, frame_t *frame)
{
    int kept = 0;
    for (int i = 0; i < leaving_count; i++) {
        if (peek_is_strictly_below(frame, leaving[i].in)) {
            leaving[kept++] = leaving[i];
        }
    }
    leaving_count = kept;
    if (leaving_count < LEAVING_MAX) {
        leaving[leaving_count].object = object;
        leaving[leaving_count++].in = frame;
    }
}

/* The frame in which the deallocation of an object without a number began, NULL where it did not; told once. */
frame_t *
dying_take(const PyObject *object)
{
    for (int i = 0; i < leaving_count; i++) {
        if (leaving[i].object == object) {
            frame_t *in = leaving[i].in;
            leaving[i] = leaving[--leaving_count];
            return in;
        }
    }
    return NULL;
}

/*
 * An object with a finaliser keeps its number while that runs. It is read only while a frame of the finaliser holds it
 * (is_readable), and a new object at its address tells that it is gone.
 */
static int
on_reference(PyObject *object, PyRefTracerEvent event, void *Py_UNUSED(data))
{
    if (event == PyRefTracer_CREATE) {
        dying_take(object);
        if (dying_count == 0) {
            return 0;
        }
    }
    PyThreadState *state = PyThreadState_GetUnchecked();
    frame_t *frame = state == NULL ? NULL : state->current_frame;
    bool may_show = event == PyRefTracer_DESTROY && frame != NULL && will_be_finalised(object);
    struct watched *entry = numbers_find(object);
    if (entry == NULL) {
        /* Finalisers in C show nobody their object. */
        if (may_show && Py_TYPE(object)->tp_flags & Py_TPFLAGS_HEAPTYPE) {
            note_leaving(object, frame);
        }
        return 0;
    }
    if (may_show && !entry->dying) {
        dying_note(entry, frame);
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
    leaving_count = 0;
    return PyRefTracer_SetTracer(on_reference, NULL) == 0;
}

void
dying_stop(void)
{
    PyRefTracer_SetTracer(NULL, NULL);
}
