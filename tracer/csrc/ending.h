/* Ends of objects: where one began, and whether it is over. Both tracers go by these rules. Included where the interpreter's own
 * headers are. */
#ifndef TRACEMILL_ENDING_H
#define TRACEMILL_ENDING_H

#include <stdbool.h>
#include <stdint.h>

/* Where the deallocation of an object began: a frame, NULL where nowhere, and the number of its thread. */
struct ending {
    struct _PyInterpreterFrame *in;
    uint64_t thread;
};

/* Whether the finaliser of an object is over, and it lives. */
static inline bool
ending_is_undone(PyObject *object)
{
    return PyObject_IS_GC(object) && PyObject_GC_IsFinalized(object);
}

/* The older kind of finaliser, which types written in C may have, runs at every end. */
static inline bool
ending_has_finaliser(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    return type->tp_del != NULL || (type->tp_finalize != NULL && !ending_is_undone(object));
}

/* Whether `frame` runs above `base`, which it is not. */
static inline bool
ending_is_above(const struct _PyInterpreterFrame *frame, const struct _PyInterpreterFrame *base)
{
    if (frame == base) {
        return false;
    }
    while (frame != NULL && frame != base) {
        frame = frame->previous;
    }
    return frame == base;
}

/* NULL where the thread has ended. */
static inline const PyThreadState *
ending_find_thread(uint64_t thread)
{
    const PyThreadState *state = PyInterpreterState_ThreadHead(PyInterpreterState_Get());
    while (state != NULL && state->id != thread) {
        state = state->next;
    }
    return state;
}

static inline bool
ending_has_thread(uint64_t thread)
{
    return ending_find_thread(thread) != NULL;
}

/* Whether the frame in which it began still runs: the memory of one that does not may be gone. */
static inline bool
ending_has_frame(const struct ending *at)
{
    const PyThreadState *state = ending_find_thread(at->thread);
    const struct _PyInterpreterFrame *frame = state == NULL ? NULL : state->current_frame;
    while (frame != NULL && frame != at->in) {
        frame = frame->previous;
    }
    return frame != NULL;
}

/* `frame` runs, on this thread: not inside the deallocation, or that was of a thread which has ended. */
static inline bool
ending_is_over(const struct ending *at, const struct _PyInterpreterFrame *frame, uint64_t thread)
{
    return at->thread == thread ? !ending_is_above(frame, at->in) : !ending_has_thread(at->thread);
}

#endif
