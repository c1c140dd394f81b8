/* Calls a function of the tracer amid the program without leaving a mark on it: recursion depth, garbage collector,
 * pending exception, waiting signals and objects that wait for their end are as if nobody had looked. */
#include "peek.h"
#include "collector.h"

/* Python frames that the function may need above the program's own. */
#define RESERVE 500

/* Work that waits for the program's next check: the function must neither do it nor let it be forgotten. */
#define WAITING                                                                                    \
    (_PY_SIGNALS_PENDING_BIT | _PY_CALLS_TO_DO_BIT | _PY_ASYNC_EXCEPTION_BIT | _PY_GC_SCHEDULED_BIT)

/* Objects that were deposited in a call wait in front of those that did before it. */
static void
put_back(PyThreadState *state, PyObject *waiting)
{
    if (state->delete_later == NULL) {
        state->delete_later = waiting;
        return;
    }
    /* The head of each has the address of the next object, not of its head. */
    PyGC_Head *last = _Py_AS_GC(state->delete_later);
    while (_PyGCHead_PREV(last) != NULL) {
        last = _Py_AS_GC((PyObject *)_PyGCHead_PREV(last));
    }
    _PyGCHead_SET_PREV(last, (PyGC_Head *)waiting);
}

/* Objects of the tracer: tracked as ever, and in none of the lists that the collector shows and goes through. */
static PyGC_Head own = {(uintptr_t)&own, (uintptr_t)&own};
static struct _Py_object_freelists freed; /* of these */
static int n_unseen; /* within each other, or in threads */

/* What is allocated from here on is not the program's: the collector neither runs because of it nor counts it. */
struct unseen
peek_begin_unseen(void)
{
    struct _gc_runtime_state *gc = &PyInterpreterState_Get()->gc;
    struct unseen was = {gc->enabled, gc->generations[0].count, NULL};
    gc->enabled = 0;
    if (n_unseen++ == 0) {
        collector_swap_freed(&freed);
    }
    /* It stands where the program's objects end. An object of the program may go meanwhile, where a thread of it runs. */
    was.edge = PyList_New(0);
    PyErr_Clear();
    return was;
}

/* And what is left of it is not shown. */
void
peek_end_unseen(const struct unseen *was)
{
    struct _gc_runtime_state *gc = &PyInterpreterState_Get()->gc;
    PyGC_Head *edge = was->edge == NULL ? NULL : _Py_AS_GC(was->edge);
    PyGC_Head *end = edge == NULL ? NULL : _PyGCHead_NEXT(edge);
    while (end != edge && end != gc->generation0) {
        end = _PyGCHead_NEXT(end);
    }
    if (end != edge) {
        collector_move(edge, end, &own);
    }
    Py_XDECREF(was->edge);
    if (--n_unseen == 0) {
        collector_swap_freed(&freed);
    }
    gc->enabled = was->enabled;
    gc->generations[0].count = was->count;
}

/* New reference; NULL, and no exception, where the function raised. */
PyObject *
peek_call_quietly(PyObject *function, PyObject *const *args, size_t count)
{
    /* A signal waits for the program too, or its handler would run in here and not be traced. */
    sigset_t all, blocked;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &blocked);
    PyThreadState *state = PyThreadState_Get();
    PyObject *raised = PyErr_GetRaisedException();
    int *tripped = &_PyRuntime.signals.is_tripped;
    int was_tripped = _Py_atomic_exchange_int(tripped, 0);
    uintptr_t waiting = _Py_atomic_load_uintptr_relaxed(&state->eval_breaker) & WAITING;
    _Py_unset_eval_breaker_bit(state, WAITING);
    /* The C stack has room in here, and what waits for that would end in here. */
    PyObject *deposited = state->delete_later;
    state->delete_later = NULL;
    /* Calls of some shapes go on below the limit, and what is left is negative. */
    int left = state->py_recursion_remaining;
    state->py_recursion_remaining = Py_MAX(left, 0) + RESERVE;
    state->c_recursion_remaining += RESERVE;
    struct unseen unseen = peek_begin_unseen();
    PyObject *result = PyObject_Vectorcall(function, args, count, NULL);
    if (result == NULL) {
        PyErr_Clear();
    }
    state->py_recursion_remaining = left;
    state->c_recursion_remaining -= RESERVE;
    put_back(state, deposited);
    peek_end_unseen(&unseen);
    _Py_set_eval_breaker_bit(state, waiting);
    if (was_tripped) {
        _Py_atomic_store_int(tripped, was_tripped);
    }
    PyErr_SetRaisedException(raised);
    pthread_sigmask(SIG_SETMASK, &blocked, NULL);
    return result;
}
