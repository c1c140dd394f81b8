/* Exact texts of inline values, and which values are inline. No code of the program runs: all types are exact. */
#include "core.h"
#include "internal/pycore_long.h"
#include <math.h>

#define INT_DIGITS_MAX 4300
/* 10 ** 4300 has 14,285 bits. */
#define INT_BITS_DECIMAL 14284
#define LEAVES_MAX 32
#define NESTED_MAX 4

/* The rest of is_scalar_type(). */
bool
is_other_scalar_type(PyTypeObject *type)
{
    return type == &PyBool_Type || type == &PyFloat_Type || type == &_PyNone_Type || type == &PyBytes_Type
        || type == &PyComplex_Type || type == &PyEllipsis_Type;
}

static PyObject *
int_text(PyObject *v)
{
    PyInterpreterState *interp = PyInterpreterState_Get();
    int digits = interp->long_state.max_str_digits;
    PyObject *text = NULL;
    interp->long_state.max_str_digits = 0;
    if (_PyLong_NumBits(v) <= INT_BITS_DECIMAL + 1) {
        text = PyNumber_ToBase(v, 10);
        Py_ssize_t sign = _PyLong_IsNegative((PyLongObject *)v);
        if (text != NULL && PyUnicode_GET_LENGTH(text) - sign > INT_DIGITS_MAX) {
            Py_CLEAR(text);
        }
    }
    if (text == NULL) {
        text = PyNumber_ToBase(v, 16);
    }
    interp->long_state.max_str_digits = digits;
    return text;
}

static PyObject *
float_text(double d)
{
    if (isnan(d)) {
        return PyUnicode_FromString("float('nan')");
    }
    if (isinf(d)) {
        return PyUnicode_FromString(d < 0 ? "-float('inf')" : "float('inf')");
    }
    char *text = PyOS_double_to_string(d, 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
    PyObject *result = text == NULL ? NULL : PyUnicode_FromString(text);
    PyMem_Free(text);
    return result;
}

static PyObject *
complex_text(PyObject *v)
{
    Py_complex c = ((PyComplexObject *)v)->cval;
    if (isfinite(c.real) && isfinite(c.imag)) {
        return PyComplex_Type.tp_repr(v);
    }
    PyObject *re = float_text(c.real);
    PyObject *im = float_text(c.imag);
    PyObject *text = re == NULL || im == NULL ? NULL : PyUnicode_FromFormat("complex(%U, %U)", re, im);
    Py_XDECREF(re);
    Py_XDECREF(im);
    return text;
}

static PyObject *
tuple_text(PyObject *v)
{
    Py_ssize_t n = PyTuple_GET_SIZE(v);
    if (n == 0) {
        return PyUnicode_FromString("()");
    }
    PyObject *parts = PyList_New(n);
    for (Py_ssize_t i = 0; parts != NULL && i < n; i++) {
        PyObject *part = literal_of(PyTuple_GET_ITEM(v, i));
        if (part == NULL) {
            Py_CLEAR(parts);
            break;
        }
        PyList_SET_ITEM(parts, i, part);
    }
    PyObject *comma = PyUnicode_FromString(", ");
    PyObject *inner = parts == NULL || comma == NULL ? NULL : PyUnicode_Join(comma, parts);
    Py_XDECREF(comma);
    Py_XDECREF(parts);
    PyObject *text = inner == NULL ? NULL : PyUnicode_FromFormat(n == 1 ? "(%U,)" : "(%U)", inner);
    Py_XDECREF(inner);
    return text;
}

/* The exact text of an inline value, uncut. New reference, NULL without memory. */
PyObject *
literal_of(PyObject *v)
{
    PyTypeObject *type = Py_TYPE(v);
    if (type == &PyLong_Type) {
        return int_text(v);
    }
    if (type == &PyFloat_Type) {
        return float_text(PyFloat_AS_DOUBLE(v));
    }
    if (type == &PyComplex_Type) {
        return complex_text(v);
    }
    if (type == &PyTuple_Type) {
        return tuple_text(v);
    }
    if (type == &PyEllipsis_Type) {
        return PyUnicode_FromString("...");
    }
    if (type == &PyBytes_Type) {
        return PyBytes_Repr(v, 1);
    }
    return type->tp_repr(v);
}

/* Whether a scalar is cut: its text, or a str or bytes itself, is longer than the limit. */
bool
is_cut(PyObject *v)
{
    PyTypeObject *type = Py_TYPE(v);
    if (type == &PyUnicode_Type) {
        return PyUnicode_GET_LENGTH(v) > T.limits.string_units;
    }
    if (type == &PyBytes_Type) {
        return PyBytes_GET_SIZE(v) > T.limits.string_units;
    }
    if (type != &PyLong_Type || (Py_ssize_t)_PyLong_NumBits(v) < T.limits.string_units * 3) {
        return false;
    }
    PyObject *text = int_text(v);
    bool cut = text != NULL && PyUnicode_GET_LENGTH(text) > T.limits.string_units;
    Py_XDECREF(text);
    return cut;
}

static bool
tuple_is_inline(PyObject *v, int depth, int *leaves)
{
    Py_ssize_t n = PyTuple_GET_SIZE(v);
    if (depth > NESTED_MAX || *leaves + n > LEAVES_MAX) {
        return depth <= NESTED_MAX && n == 0;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = PyTuple_GET_ITEM(v, i);
        if (item == NULL) {
            return false;
        }
        if (Py_IS_TYPE(item, &PyTuple_Type)) {
            if (!tuple_is_inline(item, depth + 1, leaves)) {
                return false;
            }
        } else if (!is_scalar_type(Py_TYPE(item)) || ++*leaves > LEAVES_MAX || is_cut(item)) {
            return false;
        }
    }
    return true;
}

bool
is_inline(PyObject *v)
{
    int leaves = 0;
    return is_scalar_type(Py_TYPE(v))
        || (Py_IS_TYPE(v, &PyTuple_Type) && tuple_is_inline(v, 1, &leaves));
}

static bool
ints_equal(PyLongObject *a, PyLongObject *b)
{
    return a->long_value.lv_tag == b->long_value.lv_tag
        && memcmp(a->long_value.ob_digit, b->long_value.ob_digit,
                  (size_t)_PyLong_DigitCount(a) * sizeof(digit))
            == 0;
}

static bool
same_double(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

/* Whether two inline values have one text. */
bool
inline_equal(PyObject *a, PyObject *b)
{
    PyTypeObject *type = Py_TYPE(a);
    if (a == b) {
        return true;
    }
    if (type != Py_TYPE(b)) {
        return false;
    }
    if (type == &PyLong_Type) {
        return ints_equal((PyLongObject *)a, (PyLongObject *)b);
    }
    if (type == &PyFloat_Type) {
        return same_double(PyFloat_AS_DOUBLE(a), PyFloat_AS_DOUBLE(b));
    }
    if (type == &PyUnicode_Type) {
        return PyUnicode_GET_LENGTH(a) == PyUnicode_GET_LENGTH(b)
            && PyUnicode_KIND(a) == PyUnicode_KIND(b)
            && memcmp(PyUnicode_DATA(a), PyUnicode_DATA(b),
                      (size_t)(PyUnicode_GET_LENGTH(a) * PyUnicode_KIND(a)))
                == 0;
    }
    if (type == &PyBytes_Type) {
        return PyBytes_GET_SIZE(a) == PyBytes_GET_SIZE(b)
            && memcmp(PyBytes_AS_STRING(a), PyBytes_AS_STRING(b), (size_t)PyBytes_GET_SIZE(a)) == 0;
    }
    if (type == &PyComplex_Type) {
        Py_complex x = ((PyComplexObject *)a)->cval, y = ((PyComplexObject *)b)->cval;
        return same_double(x.real, y.real) && same_double(x.imag, y.imag);
    }
    if (type != &PyTuple_Type || PyTuple_GET_SIZE(a) != PyTuple_GET_SIZE(b)) {
        return false;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(a); i++) {
        if (!inline_equal(PyTuple_GET_ITEM(a, i), PyTuple_GET_ITEM(b, i))) {
            return false;
        }
    }
    return true;
}
