/* What the program did that a label tells of, seen by an audit hook: facts, no defence. */
#include "peek.h"

#define SEEN_TAMPERING 1
#define SEEN_THREADS 2
#define SEEN_PROCESSES 4

struct rule {
    const char *prefix;
    int bits;
};

static const struct rule RULES[] = {
    {"sys.settrace", SEEN_TAMPERING},
    {"sys.setprofile", SEEN_TAMPERING},
    {"sys.monitoring.register_callback", SEEN_TAMPERING},
    {"_thread.start", SEEN_THREADS},
    {"os.fork", SEEN_PROCESSES},
    {"os.posix_spawn", SEEN_PROCESSES},
    {"os.exec", SEEN_PROCESSES},
    {"os.spawn", SEEN_PROCESSES},
    {"os.system", SEEN_PROCESSES},
    {"subprocess.Popen", SEEN_PROCESSES},
    {"pty.spawn", SEEN_PROCESSES},
};

static PyObject *filenames; /* owned frozenset while it listens, else NULL */
static int seen;
static bool is_hooked;

static bool
is_traced_name(PyObject *args)
{
    PyObject *name = PyTuple_GET_SIZE(args) > 1 ? PyTuple_GET_ITEM(args, 1) : NULL;
    return name != NULL && PyUnicode_CheckExact(name) && PySet_Contains(filenames, name) == 1;
}

static int
on_audit(const char *event, PyObject *args, void *Py_UNUSED(data))
{
    if (filenames == NULL) {
        return 0;
    }
    if (strcmp(event, "compile") == 0) {
        seen |= is_traced_name(args) ? SEEN_TAMPERING : 0;
        return 0;
    }
    for (size_t i = 0; i < sizeof(RULES) / sizeof(RULES[0]); i++) {
        if (strncmp(event, RULES[i].prefix, strlen(RULES[i].prefix)) == 0) {
            seen |= RULES[i].bits;
        }
    }
    return 0;
}

/* listen(filenames): from here on facts are gathered. */
static PyObject *
audit_listen(PyObject *Py_UNUSED(module), PyObject *names)
{
    if (!PyFrozenSet_CheckExact(names)) {
        PyErr_SetString(PyExc_TypeError, "a frozenset of file names is needed");
        return NULL;
    }
    if (!is_hooked && PySys_AddAuditHook(on_audit, NULL) < 0) {
        return NULL;
    }
    is_hooked = true;
    seen = 0;
    Py_XSETREF(filenames, Py_NewRef(names));
    Py_RETURN_NONE;
}

/* heard(): stops, and gives the facts as bits. */
static PyObject *
audit_heard(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    Py_CLEAR(filenames);
    return PyLong_FromLong(seen);
}

PyMethodDef peek_audit_methods[] = {
    {"audit_listen", audit_listen, METH_O, "Starts to gather what an audit hook sees."},
    {"audit_heard", audit_heard, METH_NOARGS, "Stops; 1 tampering, 2 threads, 4 processes."},
    {NULL, NULL, 0, NULL},
};
