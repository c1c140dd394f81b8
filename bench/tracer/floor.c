/* The floor of the bench: callbacks that do nothing, on exactly the events that the recorder keeps. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

static PyObject *disable; /* owned */
static struct {
    PyObject *code; /* owned */
    PyObject *mask; /* owned bytes, by code unit: 1 where instruction events are switched off */
} plans[64];
static int n_plans;
static uint64_t counts[2]; /* line events, instruction events */

static PyObject *
empty(PyObject *Py_UNUSED(module), PyObject *const *Py_UNUSED(args), Py_ssize_t Py_UNUSED(count))
{
    Py_RETURN_NONE;
}

static PyObject *
line(PyObject *Py_UNUSED(module), PyObject *const *Py_UNUSED(args), Py_ssize_t Py_UNUSED(count))
{
    counts[0]++;
    Py_RETURN_NONE;
}

static PyObject *
instruction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t Py_UNUSED(count))
{
    counts[1]++;
    for (int i = 0; i < n_plans; i++) {
        if (plans[i].code == args[0]) {
            long unit = PyLong_AsLong(args[1]) / 2;
            if (PyBytes_AS_STRING(plans[i].mask)[unit]) {
                return Py_NewRef(disable);
            }
            break;
        }
    }
    Py_RETURN_NONE;
}

/* As the recorder: a jump that is not back on its own line is switched off. */
static PyObject *
jump(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t Py_UNUSED(count))
{
    PyCodeObject *code = (PyCodeObject *)args[0];
    int from = (int)PyLong_AsLong(args[1]), to = (int)PyLong_AsLong(args[2]);
    if (to <= from && PyCode_Addr2Line(code, from) == PyCode_Addr2Line(code, to)) {
        Py_RETURN_NONE;
    }
    return Py_NewRef(disable);
}

/* plan(code, mask) */
static PyObject *
plan(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *code, *mask;
    if (!PyArg_ParseTuple(args, "OS", &code, &mask) || n_plans == 64) {
        return NULL;
    }
    plans[n_plans].code = Py_NewRef(code);
    plans[n_plans++].mask = Py_NewRef(mask);
    Py_RETURN_NONE;
}

/* reset() -> (line events, instruction events) so far; forgets plans. */
static PyObject *
reset(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    PyObject *result = Py_BuildValue("KK", counts[0], counts[1]);
    counts[0] = counts[1] = 0;
    while (n_plans > 0) {
        Py_DECREF(plans[--n_plans].code);
        Py_DECREF(plans[n_plans].mask);
    }
    return result;
}

static PyMethodDef methods[] = {
    {"empty", (PyCFunction)(void (*)(void))empty, METH_FASTCALL, NULL},
    {"line", (PyCFunction)(void (*)(void))line, METH_FASTCALL, NULL},
    {"jump", (PyCFunction)(void (*)(void))jump, METH_FASTCALL, NULL},
    {"instruction", (PyCFunction)(void (*)(void))instruction, METH_FASTCALL, NULL},
    {"plan", plan, METH_VARARGS, NULL},
    {"reset", reset, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "floor",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC
PyInit_floor(void)
{
    PyObject *monitoring = PySys_GetObject("monitoring");
    disable = monitoring == NULL ? NULL : PyObject_GetAttrString(monitoring, "DISABLE");
    return disable == NULL ? NULL : PyModule_Create(&definition);
}
