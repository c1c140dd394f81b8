/* Standard output and error of the child: what Python writes goes to the recorder at once, what reaches the raw
 * descriptors is taken up at check points. Without a recorder both go to the raw descriptors, in the same order. */
#include "harness.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Thread_local int harness_quiet;

static bool
has_recorder(void)
{
    return harness_core.output != NULL || harness.output != NULL;
}

static int
record_output(int which, const char *bytes, uint64_t length)
{
    if (harness_core.output != NULL) {
        harness_core.output(which + 1, (const uint8_t *)bytes, (size_t)length);
        return 0;
    }
    /* The recorder's own Python code must neither spend fuel nor come back here. */
    harness_quiet += 1;
    PyObject *answer = PyObject_CallFunction(harness.output, "iy#", which + 1, bytes,
                                             (Py_ssize_t)length);
    harness_quiet -= 1;
    if (answer == NULL) {
        return -1;
    }
    Py_DECREF(answer);
    return 0;
}

static uint64_t
room_of(int which)
{
    uint64_t used = harness.written[which];
    return used < harness.output_limit ? harness.output_limit - used : 0;
}

/* Hands bytes to the recorder up to the limit; beyond it the child ends. */
static int
deliver(int which, const char *bytes, uint64_t length)
{
    uint64_t room = room_of(which);
    uint64_t part = length < room ? length : room;
    harness.written[which] += part;
    if (part > 0 && record_output(which, bytes, part) < 0) {
        return -1;
    }
    if (part < length) {
        harness_stop(MARKER_OUTPUT_BYTES);
    }
    return 0;
}

/* Whether there is another way to the raw stream: a program may close all descriptors that it does not know, and the one
 * that it was given is of the same file. */
static bool
regain(int which)
{
    if (errno != EBADF || harness.raw_fd[which] == which + 1) {
        return false;
    }
    harness.raw_fd[which] = which + 1;
    return true;
}

static int
take_raw(int which)
{
    struct stat facts;
    char chunk[4096];
    uint64_t at = atomic_load(&harness.region->taken[which]);
    int failed = fstat(harness.raw_fd[which], &facts);
    if (failed != 0 && regain(which)) {
        failed = fstat(harness.raw_fd[which], &facts);
    }
    if (failed != 0 || (uint64_t)facts.st_size <= at) {
        return 0;
    }
    uint64_t size = (uint64_t)facts.st_size;
    if (!has_recorder()) {
        if (size > harness.output_limit) {
            harness_stop(MARKER_OUTPUT_BYTES);
        }
        return 0;
    }
    while (at < size) {
        ssize_t n = pread(harness.raw_fd[which], chunk, sizeof(chunk), (off_t)at);
        if (n <= 0) {
            return 0;
        }
        at += (uint64_t)n;
        atomic_store(&harness.region->taken[which], at);
        if (deliver(which, chunk, (uint64_t)n) < 0) {
            return -1;
        }
    }
    return 0;
}

/* A check point. Returns -1 with an exception only where the recorder itself failed. */
int
harness_check_output(void)
{
    if (!harness.in_child || harness_quiet > 0) {
        return 0;
    }
    return take_raw(0) < 0 || take_raw(1) < 0 ? -1 : 0;
}

/* write(fd, bytes): what the program printed through sys.stdout (1) or sys.stderr (2). */
PyObject *
harness_write(PyObject *Py_UNUSED(module), PyObject *args)
{
    int fd;
    Py_buffer bytes;
    if (!PyArg_ParseTuple(args, "iy*", &fd, &bytes)) {
        return NULL;
    }
    int which = fd == 2 ? 1 : 0;
    int failed = harness_check_output();
    if (failed == 0 && has_recorder()) {
        failed = deliver(which, bytes.buf, (uint64_t)bytes.len);
    } else if (failed == 0) {
        uint64_t done = 0;
        while (done < (uint64_t)bytes.len) {
            ssize_t n = write(harness.raw_fd[which], (const char *)bytes.buf + done,
                              (size_t)((uint64_t)bytes.len - done));
            if (n <= 0 && !regain(which)) {
                harness_stop(MARKER_OUTPUT_BYTES);
            }
            n = n < 0 ? 0 : n;
            done += (uint64_t)n;
        }
        failed = harness_check_output();
    }
    Py_ssize_t length = bytes.len;
    PyBuffer_Release(&bytes);
    return failed < 0 ? NULL : PyLong_FromSsize_t(length);
}

/* take(): the last check point, after what C code still buffered was written out. */
PyObject *
harness_take(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    fflush(NULL);
    if (harness_check_output() < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* set_output(callable or None): who takes (fd, bytes) from here on. */
PyObject *
harness_set_output(PyObject *Py_UNUSED(module), PyObject *callable)
{
    PyObject *old = harness.output;
    harness.output = callable == Py_None ? NULL : Py_NewRef(callable);
    Py_XDECREF(old);
    Py_RETURN_NONE;
}
