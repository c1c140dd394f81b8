/* On what the order of a set depends. */
#include "peek.h"

/* What the hash of a member depends on, beside its value: the hash seed (1), its address (2), or both. */
int
peek_hash_kind(PyObject *object, int depth)
{
    hashfunc hash = Py_TYPE(object)->tp_hash;
    struct words out = {0};
    int kind = 0;
    if (hash == PyBaseObject_Type.tp_hash || PyCFunction_Check(object) || PyMethod_Check(object)) {
        return HASH_ADDRESS;
    }
    if (object == Py_None || hash == PyLong_Type.tp_hash || hash == PyFloat_Type.tp_hash
        || hash == PyComplex_Type.tp_hash) {
        return 0;
    }
    if (depth > 8 || !(PyTuple_CheckExact(object) || PyFrozenSet_CheckExact(object))) {
        return HASH_SEEDED;
    }
    if (PyTuple_CheckExact(object)) {
        peek_items(object, &out);
    } else {
        peek_members(object, &out);
    }
    for (size_t i = 0; i < out.count; i++) {
        kind |= peek_hash_kind((PyObject *)out.data[i], depth + 1);
    }
    words_free(&out);
    return kind;
}
