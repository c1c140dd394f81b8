/* Module definition of tracer._harness: the part of the harness that must not allocate, or must not be Python. */
#define _GNU_SOURCE
#include "harness.h"
#include "preload.h"
#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct harness harness;

/* become_supervisor(): for PID 1. No process of the same user can read or trace it; no signal has a handler. */
static PyObject *
become_supervisor(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    for (int number = 1; number < NSIG; number++) {
        if (number != SIGCHLD && number != SIGKILL && number != SIGSTOP) {
            sigaction(number, &ignored, NULL);
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
    preload_arm_function arm = (preload_arm_function)dlsym(RTLD_DEFAULT, "tracemill_preload_arm");
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

/* leave(status): ends the process at once; no handler of the program runs. */
static PyObject *
leave(PyObject *Py_UNUSED(module), PyObject *status)
{
    long code = PyLong_AsLong(status);
    _exit(code < 0 ? 1 : (int)code);
}

static PyMethodDef methods[] = {
    {"serve", harness_serve, METH_VARARGS, NULL},
    {"become_supervisor", become_supervisor, METH_NOARGS, NULL},
    {"is_dumpable", is_dumpable, METH_NOARGS, NULL},
    {"region", harness_region, METH_NOARGS, NULL},
    {"append", harness_append, METH_O, NULL},
    {"append_end", harness_append_end, METH_O, NULL},
    {"stop", harness_stop_named, METH_O, NULL},
    {"write", harness_write, METH_VARARGS, NULL},
    {"take", harness_take, METH_NOARGS, NULL},
    {"set_output", harness_set_output, METH_O, NULL},
    {"fuel_start", harness_fuel_start, METH_NOARGS, NULL},
    {"fuel_pause", harness_fuel_pause, METH_NOARGS, NULL},
    {"fuel_resume", harness_fuel_resume, METH_NOARGS, NULL},
    {"fuel_spent", harness_fuel_spent, METH_NOARGS, NULL},
    {"fuel_end", harness_fuel_end, METH_NOARGS, NULL},
    {"_on_start", (PyCFunction)(void (*)(void))harness_on_start, METH_FASTCALL, NULL},
    {"_on_jump", (PyCFunction)(void (*)(void))harness_on_jump, METH_FASTCALL, NULL},
    {"pad_heap", harness_pad_heap, METH_O, NULL},
    {"touched", harness_touched, METH_NOARGS, NULL},
    {"arm_world", arm_world, METH_VARARGS, NULL},
    {"pass_numbers", pass_numbers, METH_O, NULL},
    {"leave", leave, METH_O, NULL},
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
    harness_memory_init();
    harness_watch_forks();
    return module;
}
