/* Fuel: calls and backward jumps of all Python code of the child but the tracer's own, counted at every granularity,
 * the same in both roles. A spent budget ends the child from inside the callback. */
#define Py_BUILD_CORE 1
#include "harness.h"
#include "internal/pycore_namespace.h"
#include <string.h>

#define TOOL_NAME "tracemill-fuel"
/* Code of the tracer and the harness spends nothing. */
static const char OWN_PREFIX[] = "/opt/tracemill/tracer/";

/* Of a process that the program forks, in both roles alike: the second execution may spend what the first one did, in which
 * its forks are not counted. The default of a spec. */
#define FORKED_FUEL 10000000u

static PyObject *monitoring; /* owned, for the life of the process, as all below */
static PyObject *disable;
static PyObject *on_start;
static PyObject *on_jump;
static int events_mask;
static int start_event;
static int jump_event;

bool
harness_is_own_code(PyObject *code)
{
    PyObject *name = ((PyCodeObject *)code)->co_filename;
    return PyUnicode_KIND(name) == PyUnicode_1BYTE_KIND
        && PyUnicode_GET_LENGTH(name) >= (Py_ssize_t)sizeof(OWN_PREFIX) - 1
        && memcmp(PyUnicode_1BYTE_DATA(name), OWN_PREFIX, sizeof(OWN_PREFIX) - 1) == 0;
}

static PyObject *
spend(void)
{
    if (!harness.counting || harness_quiet > 0) {
        Py_RETURN_NONE;
    }
    uint64_t spent = harness.detached
        ? harness.detached_fuel
        : atomic_load_explicit(&harness.region->fuel, memory_order_relaxed);
    if (spent >= (harness.detached ? FORKED_FUEL : harness.fuel_limit)) {
        harness_stop(MARKER_FUEL);
    }
    spent += 1;
    if (harness.detached) {
        harness.detached_fuel = spent;
    } else {
        atomic_store_explicit(&harness.region->fuel, spent, memory_order_relaxed);
    }
    if (spent % FUEL_CHECK_UNITS == 0 && harness_check_output() < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *
harness_on_start(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count < 1 || !PyCode_Check(args[0]) || harness_is_own_code(args[0])) {
        return Py_NewRef(disable);
    }
    return spend();
}

static Py_ssize_t
offset_of(PyObject *number)
{
    return PyLong_CheckExact(number) ? PyLong_AsSsize_t(number) : 0;
}

PyObject *
harness_on_jump(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count < 3 || !PyCode_Check(args[0]) || harness_is_own_code(args[0])
        || offset_of(args[2]) > offset_of(args[1])) {
        return Py_NewRef(disable);
    }
    return spend();
}

static int
event_of(PyObject *events, const char *name)
{
    PyObject *value = PyObject_GetAttrString(events, name);
    int bit = value == NULL ? -1 : (int)PyLong_AsLong(value);
    Py_XDECREF(value);
    return bit;
}

/* Takes the tool id and keeps what a program could replace in sys.monitoring. */
int
harness_fuel_init(PyObject *module)
{
    PyObject *sys = PyImport_ImportModule("sys");
    if (sys == NULL) {
        return -1;
    }
    PyObject *module_now = PyObject_GetAttrString(sys, "monitoring");
    Py_DECREF(sys);
    /* A copy: what the program puts into the module is not called here. */
    monitoring = module_now == NULL ? NULL : _PyNamespace_New(PyModule_GetDict(module_now));
    Py_XDECREF(module_now);
    disable = monitoring == NULL ? NULL : PyObject_GetAttrString(monitoring, "DISABLE");
    PyObject *events = monitoring == NULL ? NULL : PyObject_GetAttrString(monitoring, "events");
    on_start = PyObject_GetAttrString(module, "_on_start");
    on_jump = PyObject_GetAttrString(module, "_on_jump");
    if (disable == NULL || events == NULL || on_start == NULL || on_jump == NULL) {
        Py_XDECREF(events);
        return -1;
    }
    start_event = event_of(events, "PY_START");
    jump_event = event_of(events, "JUMP");
    events_mask = start_event | jump_event;
    Py_DECREF(events);
    return start_event < 0 || jump_event < 0 ? -1 : 0;
}

static int
ignore_result(PyObject *result)
{
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

static bool
is_named(void)
{
    PyObject *name = PyObject_CallMethod(monitoring, "get_tool", "i", FUEL_TOOL_ID);
    bool named = name != NULL && PyUnicode_Check(name)
        && PyUnicode_CompareWithASCIIString(name, TOOL_NAME) == 0;
    Py_XDECREF(name);
    return named;
}

/* fuel_prepare(): for PID 1. The interpreter rewrites each code object that runs after the events are chosen; what PID 1
 * ran before its first fork needs that in no child any more. Nothing is counted yet. */
PyObject *
harness_fuel_prepare(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    if (ignore_result(PyObject_CallMethod(monitoring, "use_tool_id", "is", FUEL_TOOL_ID, TOOL_NAME)) < 0
        || ignore_result(PyObject_CallMethod(monitoring, "register_callback", "iiO", FUEL_TOOL_ID,
                                             start_event, on_start)) < 0
        || ignore_result(PyObject_CallMethod(monitoring, "register_callback", "iiO", FUEL_TOOL_ID,
                                             jump_event, on_jump)) < 0
        || ignore_result(PyObject_CallMethod(monitoring, "set_events", "ii", FUEL_TOOL_ID, events_mask))
            < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* fuel_start(): from here on every unit counts. */
PyObject *
harness_fuel_start(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    harness.counting = true;
    Py_RETURN_NONE;
}

static bool
is_registered(int event, PyObject *callback)
{
    PyObject *old = PyObject_CallMethod(monitoring, "register_callback", "iiO", FUEL_TOOL_ID, event,
                                        callback);
    Py_XDECREF(old);
    return old == callback;
}

static bool
is_intact(void)
{
    if (!is_named()) {
        PyErr_Clear();
        return false;
    }
    PyObject *events = PyObject_CallMethod(monitoring, "get_events", "i", FUEL_TOOL_ID);
    bool intact = events != NULL && PyLong_Check(events) && PyLong_AsLong(events) == events_mask;
    Py_XDECREF(events);
    intact = intact && is_registered(start_event, on_start) && is_registered(jump_event, on_jump);
    PyErr_Clear();
    return intact;
}

/* fuel_pause(), fuel_resume(): the harness's own work between load, build and call spends nothing. */
PyObject *
harness_fuel_pause(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    harness.counting = false;
    Py_RETURN_NONE;
}

PyObject *
harness_fuel_resume(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    harness.counting = true;
    Py_RETURN_NONE;
}

/* fuel_spent() -> int */
PyObject *
harness_fuel_spent(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    return PyLong_FromUnsignedLongLong(atomic_load(&harness.region->fuel));
}

/* fuel_end() -> bool: stops counting; false where the program meddled with the counter. */
PyObject *
harness_fuel_end(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    harness.counting = false;
    return PyBool_FromLong(is_intact());
}
