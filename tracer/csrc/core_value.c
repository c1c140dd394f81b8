/* Values: from pointers to what the trace knows of them, and from that to bytes. */
#include "core.h"
#include "internal/pycore_long.h"

/* Strings that were written lately and their entries in the table of texts. The strings are held: a pointer is proof. */
#define RECENT 1024
static struct {
    PyObject *s;
    uint32_t k;
} recent[RECENT];

typedef struct {
    int code; /* 1 str, 2 bytes, 3 int */
    PyObject *head;
    Py_ssize_t length;
    uint8_t digest[32];
} cut;

/* What is said of a value that is cut. False without memory. */
static bool
cut_of(PyObject *v, cut *c)
{
    PyObject *text = NULL, *part = NULL, *body = NULL;
    if (PyUnicode_CheckExact(v)) {
        c->code = 1;
        c->length = PyUnicode_GET_LENGTH(v);
        part = PyUnicode_Substring(v, 0, T.limits.string_head);
        body = PyUnicode_AsEncodedString(v, "utf-8", "surrogatepass");
    } else if (PyBytes_CheckExact(v)) {
        c->code = 2;
        c->length = PyBytes_GET_SIZE(v);
        part = PyBytes_FromStringAndSize(PyBytes_AS_STRING(v), Py_MIN(c->length, T.limits.string_head));
        body = Py_NewRef(v);
    } else {
        c->code = 3;
        text = literal_of(v);
        c->length = text == NULL ? 0 : PyUnicode_GET_LENGTH(text);
        body = text == NULL ? NULL : PyUnicode_AsEncodedString(text, "utf-8", NULL);
        c->head = text == NULL ? NULL : PyUnicode_Substring(text, 0, T.limits.string_head);
    }
    if (c->code != 3) {
        text = part == NULL ? NULL : literal_of(part);
        c->head = text == NULL ? NULL : PyUnicode_Substring(text, 0, PyUnicode_GET_LENGTH(text) - 1);
    }
    bool fine = c->head != NULL && body != NULL;
    if (fine) {
        sha256((uint8_t *)PyBytes_AS_STRING(body), (size_t)PyBytes_GET_SIZE(body), c->digest);
    } else {
        Py_CLEAR(c->head);
        fault("out of memory");
    }
    Py_XDECREF(text);
    Py_XDECREF(part);
    Py_XDECREF(body);
    return fine;
}

static void
put_cut(PyObject *v)
{
    cut c;
    if (cut_of(v, &c)) {
        put_u8(0x0B);
        put_u8((unsigned)c.code);
        put_str(c.head);
        put_uint((uint64_t)c.length);
        put_bytes(c.digest, 32);
        Py_DECREF(c.head);
    }
}

/* The JSON text of a value that is cut. New reference. */
static PyObject *
cut_json(PyObject *v)
{
    static const char *const names[] = {"", "str", "bytes", "int"};
    cut c;
    if (!cut_of(v, &c)) {
        return NULL;
    }
    char hex[65];
    for (int i = 0; i < 32; i++) {
        PyOS_snprintf(hex + 2 * i, 3, "%02x", c.digest[i]);
    }
    PyObject *head = PyObject_CallOneArg(lib.json_string, c.head);
    PyObject *text = head == NULL
        ? NULL
        : PyUnicode_FromFormat("{\"type\":\"%s\",\"head\":%U,\"len\":%zd,\"sha256\":\"%s\"}",
                               names[c.code], head, c.length, hex);
    Py_XDECREF(head);
    Py_DECREF(c.head);
    return text;
}

/* The literal of a short printable ASCII string, in `text`; 0 where it needs the general form. */
static size_t
plain_literal(PyObject *v, uint8_t *text)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(v);
    const uint8_t *s = PyUnicode_1BYTE_DATA(v);
    for (Py_ssize_t i = 0; i < n; i++) {
        text[i + 1] = s[i];
        if (s[i] < 0x20 || s[i] > 0x7E || s[i] == '\'' || s[i] == '\\') {
            return 0;
        }
    }
    text[0] = '\'';
    text[n + 1] = '\'';
    return (size_t)n + 2;
}

static void
put_string(PyObject *v)
{
    size_t i = ((uintptr_t)v >> 4) * 0x9E3779B97F4A7C15ull >> 54;
    if (recent[i].s == v) {
        put_u8(0x08);
        put_uint(recent[i].k);
        return;
    }
    if (is_cut(v)) {
        put_cut(v);
        return;
    }
    uint8_t text[48];
    put_u8(0x08);
    uint32_t k = 0;
    size_t n = PyUnicode_IS_COMPACT_ASCII(v) && PyUnicode_GET_LENGTH(v) <= 46 ? plain_literal(v, text)
                                                                               : 0;
    if (n > 0) {
        k = put_text(text, n);
    } else {
        PyObject *literal = literal_of(v);
        if (literal == NULL) {
            fault("out of memory");
            return;
        }
        scan_identity(literal);
        k = put_str(literal);
        Py_DECREF(literal);
    }
    if (k != 0) {
        PyObject *old = recent[i].s;
        recent[i].s = Py_NewRef(v);
        recent[i].k = k;
        Py_XDECREF(old);
    }
}

static void
put_literal(unsigned tag, PyObject *v)
{
    PyObject *literal = literal_of(v);
    if (literal == NULL) {
        fault("out of memory");
        return;
    }
    put_u8(tag);
    put_str(literal);
    Py_DECREF(literal);
}

static void
put_int(PyObject *v)
{
    int overflow = 0;
    long long n = _PyLong_IsCompact((PyLongObject *)v) ? _PyLong_CompactValue((PyLongObject *)v)
                                                       : PyLong_AsLongLongAndOverflow(v, &overflow);
    if (overflow != 0 || T.limits.string_units < 20) {
        if (is_cut(v)) {
            put_cut(v);
            return;
        }
    }
    if (overflow != 0) {
        put_literal(0x06, v);
    } else if (n >= -32 && n <= 95) {
        put_u8((unsigned)(0x60 + n));
    } else {
        put_u8(0x05);
        put_sint(n);
    }
}

static void
put_float(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, 8);
    if (d != d) {
        bits = 0x7FF8000000000000ull;
    }
    put_u8(0x07);
    put_bytes(&bits, 8);
}

/* Writes an inline value, cut where it is too long. */
static void
put_inline(PyObject *v)
{
    PyTypeObject *type = Py_TYPE(v);
    if (type == &PyLong_Type) {
        put_int(v);
    } else if (type == &PyUnicode_Type) {
        put_string(v);
    } else if (v == Py_None) {
        put_u8(0);
    } else if (type == &PyBool_Type) {
        put_u8(v == Py_True ? 2 : 1);
    } else if (type == &PyFloat_Type) {
        put_float(PyFloat_AS_DOUBLE(v));
    } else if (type == &PyTuple_Type) {
        put_u8(0x0A);
        put_uint((uint64_t)PyTuple_GET_SIZE(v));
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(v); i++) {
            put_inline(PyTuple_GET_ITEM(v, i));
        }
    } else if (type == &PyEllipsis_Type) {
        put_u8(3);
    } else if (is_cut(v)) {
        put_cut(v);
    } else {
        put_literal(0x08, v);
    }
}

void
put_val(val v)
{
    if (v == 0) {
        put_u8(4);
    } else if ((v & VAL_TAG) == VAL_HELD) {
        put_inline((PyObject *)v);
    } else if ((v & VAL_TAG) == VAL_OBJ) {
        put_u8(9);
        put_uint(val_obj(v)->id);
    } else {
        put_u8(0x0C);
        put_str(val_deep(v)->name);
    }
}

static val
deep_val(PyObject *v)
{
    deep *d = malloc(sizeof *d);
    PyObject *name = d == NULL ? NULL : type_name(Py_TYPE(v));
    if (name == NULL) {
        free(d);
        fault("out of memory");
        return 0;
    }
    *d = (deep){.name = name, .v = v, .refs = 1};
    return (val)d | VAL_DEEP;
}

/* What the trace says of v from now on: gives it a number where it needs one. `distance` as §4 has it. Owned. */
val
meet(PyObject *v, Py_ssize_t distance)
{
    if (v == NULL) {
        return 0;
    }
    PyTypeObject *type = Py_TYPE(v);
    if (is_scalar_type(type) || (type == &PyTuple_Type && is_inline(v))) {
        return (val)Py_NewRef(v);
    }
    obj *o = find_obj(v);
    if (o == NULL && distance > T.limits.depth) {
        return deep_val(v);
    }
    if (o == NULL) {
        o = new_obj(v, distance);
        if (o == NULL) {
            return (val)Py_NewRef(Py_None);
        }
    }
    o->refs++;
    return (val)o | VAL_OBJ;
}

val
val_copy(val v)
{
    if (v == 0 || (v & VAL_TAG) == VAL_RAW) {
        return v;
    }
    if ((v & VAL_TAG) == VAL_OBJ) {
        val_obj(v)->refs++;
    } else if ((v & VAL_TAG) == VAL_DEEP) {
        val_deep(v)->refs++;
    } else {
        Py_INCREF((PyObject *)v);
    }
    return v;
}

void
val_drop(val v)
{
    if (v == 0 || (v & VAL_TAG) == VAL_RAW) {
        return;
    }
    if ((v & VAL_TAG) == VAL_OBJ) {
        release_obj(val_obj(v));
    } else if ((v & VAL_TAG) == VAL_HELD) {
        Py_DECREF((PyObject *)v);
    } else if (--val_deep(v)->refs == 0) {
        Py_DECREF(val_deep(v)->name);
        free(val_deep(v));
    }
}

/* Whether two values have one text. */
bool
val_equal(val a, val b)
{
    if (a == b) {
        return true;
    }
    if (a == 0 || b == 0 || (a & VAL_TAG) != (b & VAL_TAG) || (a & VAL_TAG) == VAL_OBJ) {
        return false;
    }
    if ((a & VAL_TAG) == VAL_DEEP) {
        return inline_equal(val_deep(a)->name, val_deep(b)->name);
    }
    return (a & VAL_TAG) == VAL_HELD && inline_equal((PyObject *)a, (PyObject *)b);
}

/* Text of an item in the part that is cut: an object there is not met. New reference. */
PyObject *
cut_text(PyObject *v)
{
    if (!is_inline(v)) {
        PyObject *name = type_name(Py_TYPE(v));
        PyObject *text = name == NULL ? NULL : PyUnicode_FromFormat("<%U>", name);
        Py_XDECREF(name);
        return text;
    }
    return is_scalar_type(Py_TYPE(v)) && is_cut(v) ? cut_json(v) : literal_of(v);
}

bool
vec_add(vec *v, val x)
{
    if (v->n == v->cap) {
        Py_ssize_t cap = v->cap == 0 ? 4 : v->cap * 2;
        val *at = realloc(v->at, (size_t)cap * sizeof *at);
        if (at == NULL) {
            fault("out of memory");
            val_drop(x);
            return false;
        }
        v->at = at;
        v->cap = cap;
    }
    v->at[v->n++] = x;
    return true;
}

void
vec_clear(vec *v)
{
    for (Py_ssize_t i = 0; i < v->n; i++) {
        val_drop(v->at[i]);
    }
    free(v->at);
    *v = (vec){0};
}

void
values_clear(void)
{
    for (int i = 0; i < RECENT; i++) {
        Py_CLEAR(recent[i].s);
    }
}
