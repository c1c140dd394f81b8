/* Numbers that stand for cut values: FNV-1a, 64 bits, where they are no ints. */
#include "core.h"
#include "core_digest.h"

static uint64_t
fnv(const uint8_t *bytes, size_t n)
{
    uint64_t h = 0xCBF29CE484222325ull;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ bytes[i]) * 0x100000001B3ull;
    }
    return h;
}

/* Of the UTF-8 of a str, lone surrogates passed; 0 after a fault, also where there is no text. */
uint64_t
fnv_of_text(PyObject *text)
{
    if (text != NULL && PyUnicode_IS_COMPACT_ASCII(text)) {
        return fnv(PyUnicode_1BYTE_DATA(text), (size_t)PyUnicode_GET_LENGTH(text));
    }
    PyObject *bytes = text == NULL ? NULL : PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
    if (bytes == NULL) {
        no_memory();
        return 0;
    }
    uint64_t h = fnv((uint8_t *)PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
    Py_DECREF(bytes);
    return h;
}

/* The number that stands for a cut value. */
uint64_t
number_of(PyObject *v)
{
    int64_t n;
    if (int_of(v, &n)) {
        return (uint64_t)n;
    }
    PyObject *text = cut_text(v);
    uint64_t number = fnv_of_text(text);
    Py_XDECREF(text);
    return number;
}
