/* Module definition of tracer._harness: the part of the harness that must not allocate, or must not be Python. */
#define _GNU_SOURCE
#include "harness.h"
#include "preload.h"
#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct harness harness;

/* become_supervisor(): for PID 1. No process of the same user can read or trace it; no signal has a handler. The init of a
 * namespace gets no signal that it has no handler for (pid_namespaces(7)), so none need be ignored, and children need
 * not take that back one by one. */
static PyObject *
become_supervisor(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    struct sigaction plain = {.sa_handler = SIG_DFL}, ignored = {.sa_handler = SIG_IGN};
    harness.is_init = syscall(SYS_getpid) == 1;
    for (int number = 1; number < NSIG; number++) {
        /* As CPython leaves them: a broken pipe or a file limit is an exception, not a death. */
        bool is_error = number == SIGPIPE || number == SIGXFSZ;
        if (number != SIGCHLD && number != SIGKILL && number != SIGSTOP) {
            sigaction(number, harness.is_init && !is_error ? &plain : &ignored, NULL);
        }
    }
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}

/* is_dumpable() -> bool: a fact for the probe. */
static PyObject *
is_dumpable(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    return PyBool_FromLong(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0);
}

/* Of the preloaded library; looked up once, since that looks at many pages. */
static preload_arm_function arm;

/* arm_world(seed, base_ns, monotonic_ns, ns_per_fuel): the child's clock and randomness are virtual from here on. */
static PyObject *
arm_world(PyObject *Py_UNUSED(module), PyObject *args)
{
    const char *seed;
    Py_ssize_t seed_bytes;
    struct virtual_world world = {
        .fuel = &harness.region->fuel,
        .touched = &harness.region->touched,
        .clock_bit = TOUCH_CLOCK,
        .random_bit = TOUCH_RANDOM,
    };
    unsigned long long base, monotonic, rate;
    if (!PyArg_ParseTuple(args, "y#KKK", &seed, &seed_bytes, &base, &monotonic, &rate)) {
        return NULL;
    }
    if (arm == NULL || seed_bytes != (Py_ssize_t)sizeof(world.seed)) {
        PyErr_SetString(PyExc_RuntimeError, "the preloaded library is missing");
        return NULL;
    }
    world.base_ns = base;
    world.monotonic_ns = monotonic;
    world.ns_per_fuel = rate;
    memcpy(world.seed, seed, sizeof(world.seed));
    arm(&world);
    Py_RETURN_NONE;
}

/* pass_numbers(count): so many process numbers go by, so that those of the next children are others than in a sandbox
 * that did not. What a program makes of such a number shows when both are compared. */
static PyObject *
pass_numbers(PyObject *Py_UNUSED(module), PyObject *count)
{
    long left = PyLong_AsLong(count);
    for (; left > 0; left--) {
        pid_t pid = vfork();
        if (pid == 0) {
            _exit(0);
        }
        if (pid < 0 || waitpid(pid, NULL, 0) != pid) {
            return PyErr_SetFromErrno(PyExc_OSError);
        }
    }
    if (PyErr_Occurred()) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* leave(status): ends the process at once; no handler of the program runs. A rehearsal goes on. */
static PyObject *
leave(PyObject *Py_UNUSED(module), PyObject *status)
{
    if (harness.rehearses) {
        Py_RETURN_NONE;
    }
    long code = PyLong_AsLong(status);
    _exit(code < 0 ? 1 : (int)code);
}

/* capture(callee, ...) -> (positional, named): what a call is made of, callee first. */
static PyObject *
capture(PyObject *Py_UNUSED(module), PyObject *args, PyObject *named)
{
    return Py_BuildValue("ON", args, named == NULL ? PyDict_New() : Py_NewRef(named));
}

/* These are for the harness alone: a call of the program is refused and told of. */
#define GUARDED(name)                                                                              \
    static PyObject *guarded_##name(PyObject *module, PyObject *args)                              \
    {                                                                                              \
        return harness_is_ours() ? name(module, args) : harness_refuse();                          \
    }
GUARDED(harness_serve)
GUARDED(become_supervisor)
GUARDED(harness_region)
GUARDED(harness_append)
GUARDED(harness_append_end)
GUARDED(harness_stop_named)
GUARDED(harness_take)
GUARDED(harness_set_output)
GUARDED(harness_fuel_start)
GUARDED(harness_fuel_pause)
GUARDED(harness_fuel_resume)
GUARDED(harness_fuel_end)
GUARDED(harness_run)
GUARDED(harness_hide_class)
GUARDED(harness_guard_monitoring)
GUARDED(harness_greet)
GUARDED(harness_rehearse)
GUARDED(harness_fuel_prepare)
GUARDED(harness_settle_collector)
GUARDED(harness_make_immortal)
GUARDED(harness_keep_huge_pages)
GUARDED(harness_confine)
GUARDED(harness_fill_holes)
GUARDED(harness_pad_heap)
GUARDED(arm_world)
GUARDED(pass_numbers)
GUARDED(leave)

static PyObject *
guarded_restore_entries(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    return harness_is_ours() ? harness_restore_entries(module, args, count) : harness_refuse();
}

static PyMethodDef methods[] = {
    {"serve", guarded_harness_serve, METH_VARARGS, NULL},
    {"become_supervisor", guarded_become_supervisor, METH_NOARGS, NULL},
    {"is_dumpable", is_dumpable, METH_NOARGS, NULL},
    {"greet", guarded_harness_greet, METH_VARARGS, NULL},
    {"rehearse", guarded_harness_rehearse, METH_O, NULL},
    {"fuel_prepare", guarded_harness_fuel_prepare, METH_NOARGS, NULL},
    {"region", guarded_harness_region, METH_NOARGS, NULL},
    {"append", guarded_harness_append, METH_O, NULL},
    {"append_end", guarded_harness_append_end, METH_O, NULL},
    {"stop", guarded_harness_stop_named, METH_O, NULL},
    {"write", harness_write, METH_VARARGS, NULL},
    {"take", guarded_harness_take, METH_NOARGS, NULL},
    {"set_output", guarded_harness_set_output, METH_O, NULL},
    {"fuel_start", guarded_harness_fuel_start, METH_NOARGS, NULL},
    {"fuel_pause", guarded_harness_fuel_pause, METH_NOARGS, NULL},
    {"fuel_resume", guarded_harness_fuel_resume, METH_NOARGS, NULL},
    {"fuel_spent", harness_fuel_spent, METH_NOARGS, NULL},
    {"fuel_end", guarded_harness_fuel_end, METH_NOARGS, NULL},
    {"_on_start", (PyCFunction)(void (*)(void))harness_on_start, METH_FASTCALL, NULL},
    {"_on_jump", (PyCFunction)(void (*)(void))harness_on_jump, METH_FASTCALL, NULL},
    {"make_immortal", guarded_harness_make_immortal, METH_O, NULL},
    {"keep_huge_pages", guarded_harness_keep_huge_pages, METH_NOARGS, NULL},
    {"confine", guarded_harness_confine, METH_NOARGS, NULL},
    {"same_entries", (PyCFunction)(void (*)(void))harness_same_entries, METH_FASTCALL, NULL},
    {"plain_names", (PyCFunction)(void (*)(void))harness_plain_names, METH_FASTCALL, NULL},
    {"restore_entries", (PyCFunction)(void (*)(void))guarded_restore_entries, METH_FASTCALL, NULL},
    {"fill_holes", guarded_harness_fill_holes, METH_NOARGS, NULL},
    {"run", guarded_harness_run, METH_VARARGS, NULL},
    {"capture", (PyCFunction)(void (*)(void))capture, METH_VARARGS | METH_KEYWORDS, NULL},
    {"output_stream", harness_output_stream, METH_O, NULL},
    {"settle_collector", guarded_harness_settle_collector, METH_NOARGS, NULL},
    {"show", (PyCFunction)(void (*)(void))harness_show, METH_FASTCALL, NULL},
    {"hide_class", guarded_harness_hide_class, METH_O, NULL},
    {"guard_monitoring", guarded_harness_guard_monitoring, METH_NOARGS, NULL},
    {"pad_heap", guarded_harness_pad_heap, METH_O, NULL},
    {"touched", harness_touched, METH_NOARGS, NULL},
    {"arm_world", guarded_arm_world, METH_VARARGS, NULL},
    {"pass_numbers", guarded_pass_numbers, METH_O, NULL},
    {"leave", guarded_leave, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "tracer._harness",
    .m_doc = "The part of the harness that must not allocate, or must not be Python.",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC
PyInit__harness(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL || harness_fuel_init(module) < 0 || harness_audit_init() < 0) {
        Py_XDECREF(module);
        return NULL;
    }
    arm = (preload_arm_function)dlsym(RTLD_DEFAULT, "tracemill_preload_arm");
    harness_memory_init();
    harness_watch_forks();
    return module;
}
