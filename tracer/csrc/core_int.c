/* Ints as values and as positions: how they are written, and where differences lead to and from them. */
#include "core.h"
#include "internal/pycore_long.h"

/* An exact int, whatever its length. */
static void
put_whole_int(PyObject *v)
{
    int overflow = 0;
    long long n = _PyLong_IsCompact((PyLongObject *)v) ? _PyLong_CompactValue((PyLongObject *)v)
                                                       : PyLong_AsLongLongAndOverflow(v, &overflow);
    if (overflow != 0) {
        put_literal(0x06, v);
    } else if (n >= -32 && n <= 95) {
        put_u8((unsigned)(0x60 + n));
    } else {
        put_u8(0x05);
        put_sint(n);
    }
}

void
put_int(PyObject *v)
{
    if (is_cut(v)) {
        put_cut(v);
    } else {
        put_whole_int(v);
    }
}

/* The position of an iterator, an int, which is never cut. */
void
put_position(val at)
{
    if (at != 0 && (at & VAL_TAG) == VAL_HELD) {
        put_whole_int((PyObject *)at);
    } else {
        put_val(at);
    }
}

static bool
read_whole_int(PyObject *v, int64_t *n)
{
    int overflow = 0;
    *n = PyLong_AsLongLongAndOverflow(v, &overflow);
    return overflow == 0 && *n > -(1ll << 60) && *n < 1ll << 60;
}

/* The int that it is, where a difference may lead to or from it: below 2 ** 60, and not cut. */
bool
int_of(PyObject *v, int64_t *n)
{
    if (!Py_IS_TYPE(v, &PyLong_Type)) {
        return false;
    }
    return read_int(v, n) || (T.int_tag_end == 0 && !is_cut(v) && read_whole_int(v, n));
}

bool
int_of_val(val v, int64_t *n)
{
    if ((v & VAL_TAG) == VAL_INT) {
        *n = val_int(v);
        return true;
    }
    return v != 0 && (v & VAL_TAG) == VAL_HELD && int_of((PyObject *)v, n);
}

/* The same of a position. */
bool
int_of_position(val at, int64_t *n)
{
    return at != 0 && (at & VAL_TAG) == VAL_HELD ? read_whole_int((PyObject *)at, n) : int_of_val(at, n);
}

/* What meet() makes of an int. Owned; 0 after a fault. */
val
val_of(int64_t n)
{
    PyObject *v = PyLong_FromLongLong(n);
    if (v == NULL) {
        no_memory();
        return 0;
    }
    val met = meet(v, 1);
    Py_DECREF(v);
    return met;
}
