/*
 * Callbacks of sys.monitoring that call a Python handler without leaving a mark on the program: its recursion depth,
 * garbage collector, pending exception and forks are as if nobody had looked.
 */
#include "peek.h"
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

/* Exit code where a handler failed: never an exception in the program. */
#define FAULT_EXIT 70

static PyThread_type_lock lock; /* one handler at a time, whatever the thread */
static bool is_stopped;         /* set in a forked child */

static void
stop_in_fork(void)
{
    is_stopped = true;
}

static void
acquire(void)
{
    if (!PyThread_acquire_lock(lock, 0)) {
        Py_BEGIN_ALLOW_THREADS
        PyThread_acquire_lock(lock, 1);
        Py_END_ALLOW_THREADS
    }
}

/* Called by the interpreter with (code, offset, …); the handler gets the frame's address before them. */
static PyObject *
on_event(PyObject *handler, PyObject *const *args, Py_ssize_t count)
{
    if (is_stopped || count > 5) {
        Py_RETURN_NONE;
    }
    /* A signal waits for the program too, or its handler would run in here and not be traced. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    acquire();
    PyObject *full[6] = {PyLong_FromVoidPtr(PyThreadState_Get()->current_frame)};
    for (Py_ssize_t i = 0; i < count; i++) {
        full[i + 1] = args[i];
    }
    PyObject *result = full[0] == NULL ? NULL : peek_call_quietly(handler, full, (size_t)count + 1);
    if (result == NULL) {
        PyErr_Print();
        _exit(FAULT_EXIT);
    }
    Py_XDECREF(full[0]);
    PyThread_release_lock(lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

static PyMethodDef event_method = {"on_event", (PyCFunction)(void *)on_event, METH_FASTCALL, NULL};

/* hook(handler): a callback for sys.monitoring.register_callback. */
static PyObject *
hook(PyObject *Py_UNUSED(module), PyObject *handler)
{
    if (lock == NULL) {
        lock = PyThread_allocate_lock();
        if (lock == NULL || pthread_atfork(NULL, NULL, stop_in_fork) != 0) {
            return PyErr_NoMemory();
        }
    }
    is_stopped = false;
    return PyCFunction_New(&event_method, handler);
}

PyMethodDef peek_hook_methods[] = {
    {"hook", hook, METH_O, "A monitoring callback that calls the handler with the frame's address first."},
    {NULL, NULL, 0, NULL},
};
