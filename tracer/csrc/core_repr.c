/* Texts of known immutable library types, from their storage or through a repr that is written in C. */
#include "core.h"
#include "peek.h"

static PyObject *
field_named(PyObject *v, const char *name)
{
    struct words words = {0};
    PyObject *found = NULL;
    peek_fields(v, &words);
    for (size_t i = 0; i < words.count; i += 2) {
        PyObject *key = (PyObject *)words.data[i];
        if (PyUnicode_CheckExact(key) && PyUnicode_EqualToUTF8(key, name)) {
            found = (PyObject *)words.data[i + 1];
        }
    }
    words_free(&words);
    return found;
}

static PyObject *
uuid_repr(PyObject *v)
{
    PyObject *number = field_named(v, "int");
    if (number == NULL || !PyLong_CheckExact(number) || _PyLong_IsNegative((PyLongObject *)number)
        || _PyLong_NumBits(number) > 128) {
        return NULL;
    }
    uint8_t b[16];
    if (PyLong_AsNativeBytes(number, b, 16, Py_ASNATIVEBYTES_BIG_ENDIAN | Py_ASNATIVEBYTES_UNSIGNED_BUFFER) < 0) {
        PyErr_Clear();
        return NULL;
    }
    return PyUnicode_FromFormat(
        "UUID('%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x')", b[0], b[1],
        b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static PyObject *
path_repr(PyObject *v)
{
    PyObject *raw = field_named(v, "_raw_paths");
    if (raw == NULL) {
        return NULL;
    }
    struct words words = {0};
    peek_items(raw, &words);
    PyObject *texts = PyList_New(0);
    bool fine = texts != NULL;
    for (size_t i = 0; fine && i < words.count; i++) {
        PyObject *part = (PyObject *)words.data[i];
        PyObject *text = PyUnicode_CheckExact(part) ? literal_of(part) : NULL;
        fine = text != NULL && PyList_Append(texts, text) == 0;
        Py_XDECREF(text);
    }
    PyObject *comma = PyUnicode_FromString(", ");
    PyObject *shown = fine && comma != NULL ? PyUnicode_Join(comma, texts) : NULL;
    PyObject *name = PyType_GetName(Py_TYPE(v));
    PyObject *result = shown == NULL || name == NULL ? NULL : PyUnicode_FromFormat("%U(%U)", name, shown);
    Py_XDECREF(name);
    Py_XDECREF(shown);
    Py_XDECREF(comma);
    Py_XDECREF(texts);
    words_free(&words);
    return result;
}

static PyObject *
pattern_repr(PyObject *v)
{
    PyObject *text = Py_TYPE(lib.pattern_text)->tp_descr_get(lib.pattern_text, v, (PyObject *)Py_TYPE(v));
    PyObject *flags = Py_TYPE(lib.pattern_flags)->tp_descr_get(lib.pattern_flags, v, (PyObject *)Py_TYPE(v));
    PyObject *result = NULL;
    if (text != NULL && flags != NULL && (PyUnicode_CheckExact(text) || PyBytes_CheckExact(text))) {
        PyObject *literal = literal_of(text);
        result = literal == NULL ? NULL : PyUnicode_FromFormat("re.compile(%U, %S)", literal, flags);
        Py_XDECREF(literal);
    }
    Py_XDECREF(text);
    Py_XDECREF(flags);
    return result;
}

static PyObject *
range_repr(PyObject *v)
{
    /* The head of rangeobject: start, stop, step. */
    PyObject **parts = (PyObject **)((char *)v + sizeof(PyObject));
    if (!PyLong_CheckExact(parts[0]) || !PyLong_CheckExact(parts[1]) || !PyLong_CheckExact(parts[2])) {
        return NULL;
    }
    return PyRange_Type.tp_repr(v);
}

static PyObject *
zone_of(PyObject *v)
{
    return PyObject_GenericGetAttr(v, lib.tzinfo_name);
}

/* The text of `repr`, or NULL where that would run other code. New reference. */
PyObject *
library_repr(PyObject *v)
{
    PyTypeObject *type = Py_TYPE(v);
    PyObject *text = NULL;
    if (type == &PyRange_Type) {
        text = range_repr(v);
    } else if (type == lib.decimal || type == lib.date || type == lib.timedelta) {
        text = type->tp_repr(v);
    } else if (type == lib.timezone) {
        text = v == lib.utc ? PyUnicode_FromString("datetime.timezone.utc") : NULL;
    } else if (type == lib.datetime || type == lib.time) {
        PyObject *zone = zone_of(v);
        text = zone == Py_None || zone == lib.utc ? type->tp_repr(v) : NULL;
        Py_XDECREF(zone);
    } else if (type == lib.uuid) {
        text = uuid_repr(v);
    } else if (type == lib.pattern) {
        text = pattern_repr(v);
    } else {
        text = path_repr(v);
    }
    PyErr_Clear();
    return text;
}
