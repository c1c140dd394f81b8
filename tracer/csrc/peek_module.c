/* Module tracer._peek. */
#include "peek.h"

PyObject *peek_null;

static PyTypeObject null_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tracer._peek.Null",
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "An empty place.",
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "tracer._peek",
    .m_doc = "Looks at objects and frames without running a line of the program.",
    .m_size = -1,
};

PyMODINIT_FUNC
PyInit__peek(void)
{
    if (PyType_Ready(&null_type) < 0 || peek_storage_init() < 0
        || peek_iterators_init() < 0 || peek_itertools_init() < 0) {
        return NULL;
    }
    if (peek_null == NULL) {
        peek_null = PyObject_New(PyObject, &null_type);
    }
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL || peek_null == NULL
        || PyModule_AddFunctions(module, peek_storage_methods) < 0
        || PyModule_AddFunctions(module, peek_iterator_methods) < 0
        || PyModule_AddFunctions(module, peek_frame_methods) < 0
        || PyModule_AddFunctions(module, peek_watch_methods) < 0
        || PyModule_AddFunctions(module, peek_hook_methods) < 0
        || PyModule_AddFunctions(module, peek_audit_methods) < 0
        || PyModule_AddObjectRef(module, "NULL", peek_null) < 0) {
        Py_XDECREF(module);
        return NULL;
    }
    return module;
}
