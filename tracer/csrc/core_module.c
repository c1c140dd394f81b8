/* Module tracer._core: starts and ends a recording, and hands out its bytes. One recording at a time. */
#include "core.h"
#include "peek.h"
#include <pthread.h>
#include <unistd.h>

/* Backend and version, as headers and rows name it. */
#define TRACER_NAME "core/1"

_Alignas(64) struct tracer T;
static PyObject *stopper; /* owned; called with a marker where no region ends the process */
static PyObject *watcher; /* owned; called with a code object to switch its events on */

/* A mistake of the tracer itself: the stream ends with it, the program goes on unseen. */
void
fault(const char *text)
{
    if (T.fault == NULL) {
        T.fault = text;
    }
    PyErr_Clear();
    T.running = false;
    T.here = NULL;
}

/* A budget is spent: in a harness the process ends here. */
void
stop_with(int marker)
{
    T.running = false;
    T.here = NULL;
    T.stopped = marker;
    T.out_end = T.out;
    T.last_end = NULL;
    if (T.region != NULL) {
        T.region->stop((uint32_t)marker);
    }
    PyObject *result = stopper == NULL ? NULL : PyObject_CallFunction(stopper, "i", marker);
    Py_XDECREF(result);
    PyErr_Clear();
}

/* The recorder gets no more memory: in a harness the program has used what it may, and ends as where an allocation of its own
 * is refused. */
void
no_memory(void)
{
    if (T.region != NULL) {
        stop_with(STOP_MEMORY);
    }
    fault("out of memory");
}

bool
is_traced_file(PyObject *filename)
{
    return PySet_Contains(T.filenames, filename) == 1;
}

/* The hidden function that the compiler makes of type parameters. */
static bool
is_generic(PyObject *name)
{
    static const char generic[] = "<generic parameters of ";
    Py_ssize_t n = (Py_ssize_t)sizeof generic - 1;
    if (PyUnicode_GET_LENGTH(name) < n) {
        return false;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (PyUnicode_READ_CHAR(name, i) != (Py_UCS4)generic[i]) {
            return false;
        }
    }
    return true;
}

bool
is_traced_code(PyObject *code)
{
    if (find_plan(code) != NULL) {
        return true;
    }
    PyCodeObject *c = (PyCodeObject *)code;
    return is_traced_file(c->co_filename) && !is_generic(c->co_name);
}

bool
watch_code(PyObject *code)
{
    PyObject *result = peek_call_quietly(watcher, &code, 1);
    Py_XDECREF(result);
    return result != NULL;
}

/* Nothing of a recording is there. Not zero at first, so that it lies where constants do: a process that records nothing
 * meets no fault for looking at it. */
static bool is_clear = true;

static void
stop_in_fork(void)
{
    if (is_clear) {
        return;
    }
    T.running = false;
    T.here = NULL;
    T.region = NULL;
    T.committed = NULL;
    /* They lie in the region, which is not this process's to let go. */
    T.out_start = T.out = T.out_end = NULL;
}

static bool
take_limits(PyObject *limits)
{
    static const struct {
        const char *name;
        size_t place;
    } names[] = {
        {"stringCodePoints", offsetof(struct limits, string_units)},
        {"stringHead", offsetof(struct limits, string_head)},
        {"containerItems", offsetof(struct limits, items)},
        {"depth", offsetof(struct limits, depth)},
        {"objectBytes", offsetof(struct limits, object_bytes)},
        {"events", offsetof(struct limits, events)},
        {"traceBytes", offsetof(struct limits, trace_bytes)},
    };
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        PyObject *v = PyMapping_GetItemString(limits, names[i].name);
        Py_ssize_t n = v == NULL ? -1 : PyLong_AsSsize_t(v);
        Py_XDECREF(v);
        if (n < 0) {
            if (!PyErr_Occurred()) {
                PyErr_Format(PyExc_ValueError, "limit %s is negative", names[i].name);
            }
            return false;
        }
        *(Py_ssize_t *)((char *)&T.limits + names[i].place) = n;
    }
    return true;
}

static void
clear(void)
{
    T.running = false;
    objects_end();
    frames_clear();
    globals_clear();
    plans_clear();
    iters_clear();
    strings_clear();
    cuts_clear();
    callees_clear();
    stream_clear();
    Py_CLEAR(T.module_name);
    Py_CLEAR(T.globals);
    Py_CLEAR(T.filenames);
    Py_CLEAR(core_planner);
    Py_CLEAR(watcher);
    Py_CLEAR(stopper);
    types_forget();
    untraced_clear();
    T = (struct tracer){0};
    is_clear = true;
}

/* What belongs to the recorder is out of the program's reach while it runs. */
static PyObject *
refuse(void)
{
    T.tampered = true;
    PyErr_SetString(PyExc_RuntimeError, "a recording is under way");
    return NULL;
}

/* open(granularity, exact, filenames, globals, module, limits, planner, watcher, stopper, region): writes the header. */
static PyObject *
open_(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *filenames, *globals, *name, *limits, *planner, *watch, *stop, *region;
    int granularity, exact;
    if (T.running) {
        return refuse();
    }
    if (!PyArg_ParseTuple(args, "iiO!O!OOOOOO", &granularity, &exact, &PyFrozenSet_Type, &filenames,
                          &PyDict_Type, &globals, &name, &limits, &planner, &watch, &stop, &region)) {
        return NULL;
    }
    if (!is_clear) {
        clear();
    }
    is_clear = false;
    if (!take_limits(limits)) {
        return NULL;
    }
    if (region != Py_None) {
        struct core_region *shared = PyCapsule_GetPointer(region, REGION_CAPSULE);
        if (shared == NULL) {
            return NULL;
        }
        shared->output = put_output;
        T.region = shared;
    }
    if (!stream_start()) {
        return PyErr_NoMemory();
    }
    T.events_left = T.limits.events + 1; /* event 0 is free */
    T.granularity = granularity;
    /* The text of 2 ** 60 with its sign has 20 characters. */
    T.int_tag_end = T.limits.string_units < 20 ? 0 : 3 << NON_SIZE_BITS;
    T.is_exact = exact != 0;
    T.must_scan = !T.is_exact;
    T.filenames = Py_NewRef(filenames);
    T.globals = Py_NewRef(globals);
    T.module_name = PyUnicode_CheckExact(name) ? Py_NewRef(name) : NULL;
    core_planner = Py_NewRef(planner);
    watcher = Py_NewRef(watch);
    stopper = Py_NewRef(stop);
    callbacks_for(granularity);
    put_header(granularity, TRACER_NAME);
    Py_RETURN_NONE;
}

/* run(call) -> value: calls it, and records what it does. */
static PyObject *
run(PyObject *Py_UNUSED(module), PyObject *call)
{
    if (T.running) {
        return refuse();
    }
    if (!objects_start()) {
        return NULL;
    }
    T.n_threads = 1;
    T.thread = 1;
    T.here = T.home = __builtin_thread_pointer();
    T.home_state = PyThreadState_Get();
    T.thread_id = T.home_state->id;
    threads_start();
    looks = 0;
    T.running = true;
    PyObject *value = PyObject_CallNoArgs(call);
    T.running = false;
    T.here = NULL;
    return value;
}

/* found() -> (labels found, threads seen, marker or 0, fault or None): of the recording that is over. */
static PyObject *
found(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    if (T.running) {
        return refuse();
    }
    return Py_BuildValue("({sOsOsOsOsO}iiz)", "identity", T.address_seen ? Py_True : Py_False, "opaque",
                         T.saw_opaque ? Py_True : Py_False, "hash-order",
                         T.saw_seeded ? Py_True : Py_False, "identity-order",
                         T.saw_address ? Py_True : Py_False, "tampered", T.tampered ? Py_True : Py_False,
                         T.n_threads, T.stopped, T.fault);
}

/* looks() -> how often the last recording looked at an object: what it costs grows with that. */
static PyObject *
looks_made(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    return T.running ? refuse() : PyLong_FromUnsignedLongLong(looks);
}

static PyObject *
output(PyObject *Py_UNUSED(module), PyObject *args)
{
    int fd;
    Py_buffer bytes;
    /* A harness hands output over itself, and counts it. */
    if (T.running && T.region != NULL) {
        return refuse();
    }
    if (!PyArg_ParseTuple(args, "iy*", &fd, &bytes)) {
        return NULL;
    }
    put_output(fd, bytes.buf, (size_t)bytes.len);
    PyBuffer_Release(&bytes);
    Py_RETURN_NONE;
}

/* take() -> bytes: what was recorded into a private buffer since the last call. */
static PyObject *
take(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    if (T.running) {
        return refuse();
    }
    if (T.region != NULL) {
        return PyBytes_FromStringAndSize(NULL, 0);
    }
    PyObject *bytes = PyBytes_FromStringAndSize((char *)T.out_start, T.out - T.out_start);
    return bytes;
}

static PyObject *
codes(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    if (T.running) {
        return refuse();
    }
    return plans_codes();
}

/* benign(code) -> bytes: by unit, whether instruction events there were switched off or passed over; for benches. */
static PyObject *
benign(PyObject *Py_UNUSED(module), PyObject *code)
{
    if (T.running) {
        return refuse();
    }
    const plan *p = find_plan(code);
    if (p == NULL) {
        Py_RETURN_NONE;
    }
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, p->n_units);
    for (int u = 0; bytes != NULL && u < p->n_units; u++) {
        PyBytes_AS_STRING(bytes)[u] = (char)p->places[u].benign;
    }
    return bytes;
}

static PyObject *
close_(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    if (T.running) {
        return refuse();
    }
    clear();
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"open", open_, METH_VARARGS, "Starts a stream."},
    {"run", run, METH_O, "Calls it and records."},
    {"found", found, METH_NOARGS, "What the recorder found."},
    {"looks", looks_made, METH_NOARGS, "How often objects were compared."},
    {"output", output, METH_VARARGS, "Records bytes that the program wrote."},
    {"take", take, METH_NOARGS, "The stream so far, where it has a buffer of its own."},
    {"codes", codes, METH_NOARGS, "The code objects that were traced."},
    {"benign", benign, METH_O, "Units of a traced code whose instruction events were switched off."},
    {"close", close_, METH_NOARGS, "Lets go of everything."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "tracer._core",
    .m_doc = "The recorder: traces one call through sys.monitoring.",
    .m_size = -1,
    .m_methods = methods,
};

/* profiled.py sets it where it compiles with the counts of a training. */
#ifndef TRACEMILL_PROFILED
#define TRACEMILL_PROFILED 0
#endif

PyMODINIT_FUNC
PyInit__core(void)
{
    keep_room();
    PyObject *monitoring = PySys_GetObject("monitoring");
    PyObject *disable = monitoring == NULL ? NULL : PyObject_GetAttrString(monitoring, "DISABLE");
    PyObject *module = PyModule_Create(&definition);
    PyObject *dict = callbacks_start();
    /* Before any program runs: what it does to the library is not found here. */
    bool is_started = library_start() && opaque_start() && effects_start() && watch_start();
    if (disable == NULL || module == NULL || dict == NULL || !is_started
        || pthread_atfork(NULL, NULL, stop_in_fork) != 0
        || PyModule_AddStringConstant(module, "TRACER", TRACER_NAME) < 0
        || PyModule_AddIntConstant(module, "PROFILED", TRACEMILL_PROFILED) < 0
        || PyModule_AddObjectRef(module, "CALLBACKS", dict) < 0) {
        Py_XDECREF(module);
        return NULL;
    }
    core_disable = disable;
    Py_DECREF(dict);
    return module;
}
