/* How many bytes the text of a value has at most: what is far from a limit is not written to be measured. */
#include "core.h"

/* The largest number of bytes of the JSON text of a cut, but for its head, of which each unit takes at most `\\U0010ffff`. */
#define CUT_BYTES 136
#define UNIT_BYTES 11

/* The bound of a scalar of so many units, whose whole text takes at most so many bytes. */
static inline uint64_t
scalar_bytes_bound(uint64_t units, uint64_t whole)
{
    if (__builtin_expect(units <= (uint64_t)T.limits.string_units, 1)) {
        return whole;
    }
    return Py_MAX(whole, CUT_BYTES + UNIT_BYTES * (uint64_t)T.limits.string_head);
}

/* The largest number of bytes that the text of an inline value can have. */
static uint64_t
inline_bytes_bound(PyObject *v)
{
    PyTypeObject *type = Py_TYPE(v);
    int64_t number;
    if (type == &PyLong_Type) {
        if (read_int(v, &number)) {
            return int_bytes_bound(number);
        }
        uint64_t most = 3 + _PyLong_NumBits(v) / 3;
        return scalar_bytes_bound(most, most);
    }
    if (type == &PyUnicode_Type) {
        uint64_t n = (uint64_t)PyUnicode_GET_LENGTH(v);
        return scalar_bytes_bound(n, 2 + n * (PyUnicode_IS_ASCII(v) ? 4 : 10));
    }
    if (type == &PyBytes_Type) {
        uint64_t n = (uint64_t)PyBytes_GET_SIZE(v);
        return scalar_bytes_bound(n, 3 + n * 4);
    }
    if (type == &PyTuple_Type) {
        uint64_t sum = 3;
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(v); i++) {
            sum += 2 + inline_bytes_bound(PyTuple_GET_ITEM(v, i));
        }
        return sum;
    }
    return type == &PyComplex_Type ? 80 : 26;
}

/* The same for any value that is not too deep. */
uint64_t
value_bytes_bound(PyObject *v)
{
    if (v != NULL && Py_IS_TYPE(v, &PyLong_Type)) {
        return inline_bytes_bound(v);
    }
    return v == NULL ? 4 : is_inline(v) ? inline_bytes_bound(v) : 11;
}

uint64_t
text_bytes_bound(val v)
{
    if ((v & VAL_TAG) == VAL_INT) {
        return int_bytes_bound(val_int(v));
    }
    if ((v & VAL_TAG) == VAL_HELD) {
        return v == 0 ? 4 : inline_bytes_bound((PyObject *)v);
    }
    return (v & VAL_TAG) == VAL_OBJ
        ? 11
        : 40 + 6 * (uint64_t)PyUnicode_GET_LENGTH(val_deep(v)->name);
}
