/* Lists of objects that the collector knows, and of freed ones that are used again: what the tracer and the harness take out
 * of the program's sight. Included where the interpreter's own headers are. */
#ifndef TRACEMILL_COLLECTOR_H
#define TRACEMILL_COLLECTOR_H

#include <string.h>

/* Moves what lies between two neighbours of a list in front of a place of another. */
static inline void
collector_move(PyGC_Head *before, PyGC_Head *after, PyGC_Head *to)
{
    PyGC_Head *first = _PyGCHead_NEXT(before), *last = _PyGCHead_PREV(after), *end = _PyGCHead_PREV(to);
    if (first == after) {
        return;
    }
    _PyGCHead_SET_NEXT(before, after);
    _PyGCHead_SET_PREV(after, before);
    _PyGCHead_SET_NEXT(end, first);
    _PyGCHead_SET_PREV(first, end);
    _PyGCHead_SET_NEXT(last, to);
    _PyGCHead_SET_PREV(to, last);
}

/* Whether an object that is made counts towards the next collection depends on whether a freed one is used again. */
static inline void
collector_swap_freed(struct _Py_object_freelists *other)
{
    struct _Py_object_freelists *live = &PyInterpreterState_Get()->object_state.freelists, between = *live;
    *live = *other;
    *other = between;
}

#endif
