/* PID 1 goes through the work of a child once or twice before its first fork, with programs of its own. The interpreter
 * specializes code where it runs, which is a write; what is specialized before the fork is so for every child. */
#include "harness.h"
#include <string.h>

#define REHEARSAL_BYTES (1u << 20)

static void
play_child(bool begins)
{
    harness.in_child = harness.rehearses = begins;
    harness.command = begins ? COMMAND_CONFIRM : 0;
    harness.stream_limit = begins ? REHEARSAL_BYTES : 0;
    harness.end_limit = harness.stream_limit;
    harness.output_limit = harness.stream_limit;
    harness.fuel_limit = begins ? UINT64_MAX : 0;
    /* No descriptor: output that is not recorded does not belong in a rehearsal. */
    harness.raw_fd[0] = harness.raw_fd[1] = begins ? -1 : 0;
    harness.written[0] = harness.written[1] = 0;
    harness.header_bytes = 0;
    harness.counting = false;
    harness_let_signals();
}

/* rehearse(callable): calls it as if this were a child; what it committed is forgotten. */
PyObject *
harness_rehearse(PyObject *Py_UNUSED(module), PyObject *callable)
{
    if (!harness_open_shared()) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    play_child(true);
    PyObject *result = PyObject_CallNoArgs(callable);
    play_child(false);
    Py_CLEAR(harness.output);
    harness_core.output = NULL;
    if (!harness_empty_shared()) {
        Py_XDECREF(result);
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return result;
}
