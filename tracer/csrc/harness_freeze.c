/* What PID 1 imported is shared with every child until one of both writes to it, and a reference count is a write: a
 * child that merely looks at inherited objects would copy most of their pages. So every object that is reachable before
 * the first fork becomes immortal, as None and the small integers are: its count stands still at a fixed number.
 *
 * That is a promise that such an object is never freed. A child ends before that could matter, and PID 1 keeps all of
 * them anyway. sys.getrefcount tells the fixed number for them, the same in every sandbox. */
#include "harness.h"
#include <sys/mman.h>

/* About 70,000 objects were reached where it was measured. */
#define OBJECTS_MAX (1u << 20)

struct walk {
    PyObject **seen; /* open addressing, OBJECTS_MAX places */
    PyObject **todo;
    size_t count;
    size_t waiting;
};

static int
meet(PyObject *object, void *context)
{
    struct walk *walk = context;
    if (object == NULL) {
        return 0;
    }
    size_t at = ((uintptr_t)object >> 4) * 0x9e3779b97f4a7c15u >> 44;
    while (walk->seen[at] != NULL && walk->seen[at] != object) {
        at = (at + 1) % OBJECTS_MAX;
    }
    if (walk->seen[at] == object) {
        return 0;
    }
    if (walk->count >= OBJECTS_MAX / 2) {
        return -1;
    }
    walk->seen[at] = object;
    walk->count += 1;
    walk->todo[walk->waiting++] = object;
    return 0;
}

/* Code is not known to the collector. */
static int
meet_code(PyCodeObject *code, struct walk *walk)
{
    PyObject *parts[] = {
        code->co_consts,          code->co_names,     code->co_exceptiontable,
        code->co_localsplusnames, code->co_localspluskinds, code->co_filename,
        code->co_name,            code->co_qualname,  code->co_linetable,
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (meet(parts[i], walk) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The collector looks for cycles, which the names in a dict are never part of. */
static int
meet_entries(PyObject *dict, struct walk *walk)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(dict, &at, &key, &value)) {
        if (meet(key, walk) < 0 || meet(value, walk) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
meet_type(PyTypeObject *type, struct walk *walk)
{
    PyObject *names = PyType_GetDict(type);
    int failed = meet(names, walk);
    Py_XDECREF(names);
    if (failed == 0 && PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
        PyHeapTypeObject *heap = (PyHeapTypeObject *)type;
        failed = meet(heap->ht_name, walk) < 0 || meet(heap->ht_qualname, walk) < 0
            || meet(heap->ht_slots, walk) < 0;
    }
    return failed != 0 || meet(type->tp_mro, walk) < 0 || meet(type->tp_bases, walk) < 0 ? -1 : 0;
}

static int
meet_parts(PyObject *object, struct walk *walk)
{
    PyTypeObject *type = Py_TYPE(object);
    if (meet((PyObject *)type, walk) < 0) {
        return -1;
    }
    if (PyCode_Check(object)) {
        return meet_code((PyCodeObject *)object, walk);
    }
    if (PyDict_Check(object) && meet_entries(object, walk) < 0) {
        return -1;
    }
    if (PyType_Check(object) && meet_type((PyTypeObject *)object, walk) < 0) {
        return -1;
    }
    /* False for the interpreter's own types, whose traversal is an error. */
    if (type->tp_traverse != NULL && PyObject_IS_GC(object)) {
        return type->tp_traverse(object, meet, walk);
    }
    return 0;
}

static void *
scratch(size_t bytes)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

static int
meet_all(PyObject *roots, struct walk *walk)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(roots); i++) {
        if (meet(PyList_GET_ITEM(roots, i), walk) < 0) {
            return -1;
        }
    }
    while (walk->waiting > 0) {
        if (meet_parts(walk->todo[--walk->waiting], walk) < 0) {
            return -1;
        }
    }
    return 0;
}

/* make_immortal(roots: list) -> int: the list's objects and all that can be reached from them; how many these are. */
PyObject *
harness_make_immortal(PyObject *Py_UNUSED(module), PyObject *roots)
{
    size_t bytes = OBJECTS_MAX * sizeof(PyObject *);
    struct walk walk = {scratch(bytes), scratch(bytes), 0, 0};
    if (!PyList_CheckExact(roots) || walk.seen == NULL || walk.todo == NULL
        || meet_all(roots, &walk) < 0) {
        PyErr_SetString(PyExc_RuntimeError, "the imported objects cannot be made immortal");
        return NULL;
    }
    for (size_t at = 0; at < OBJECTS_MAX; at++) {
        if (walk.seen[at] != NULL && walk.seen[at] != roots) {
            walk.seen[at]->ob_refcnt = _Py_IMMORTAL_REFCNT;
        }
    }
    munmap(walk.seen, bytes);
    munmap(walk.todo, bytes);
    return PyLong_FromSize_t(walk.count);
}

/* plain_names(dict, ...) -> bool: whether all keys are plain texts, which are compared without code of a program. */
PyObject *
harness_plain_names(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *key, *value;
        Py_ssize_t at = 0;
        if (!PyDict_CheckExact(args[i])) {
            Py_RETURN_FALSE;
        }
        while (PyDict_Next(args[i], &at, &key, &value)) {
            if (!PyUnicode_CheckExact(key)) {
                Py_RETURN_FALSE;
            }
        }
    }
    Py_RETURN_TRUE;
}

/* restore_entries(names: dict, saved: dict): the names are those of `saved` again. What stood there instead is not let go
 * of: objects of the program would end here, and run its code. */
PyObject *
harness_restore_entries(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 2 || !PyDict_CheckExact(args[0]) || !PyDict_CheckExact(args[1])) {
        PyErr_SetString(PyExc_TypeError, "restore_entries takes two dicts");
        return NULL;
    }
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(args[0], &at, &key, &value)) {
        Py_INCREF(key);
        Py_INCREF(value);
    }
    PyDict_Clear(args[0]);
    return PyDict_Update(args[0], args[1]) < 0 ? NULL : Py_NewRef(Py_None);
}

/* same_entries(one: dict, other: dict) -> bool: whether both hold the same objects under the same names in the same
 * order. Runs nothing of the program. */
PyObject *
harness_same_entries(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 2 || !PyDict_CheckExact(args[0]) || !PyDict_CheckExact(args[1])) {
        PyErr_SetString(PyExc_TypeError, "same_entries takes two dicts");
        return NULL;
    }
    PyObject *key[2], *value[2];
    Py_ssize_t at[2] = {0, 0};
    bool same = PyDict_GET_SIZE(args[0]) == PyDict_GET_SIZE(args[1]);
    while (same && PyDict_Next(args[0], &at[0], &key[0], &value[0])) {
        same = PyDict_Next(args[1], &at[1], &key[1], &value[1]) && key[0] == key[1]
            && value[0] == value[1];
    }
    return PyBool_FromLong(same);
}
