/* Values: from pointers to what the trace knows of them, and from that to bytes. */
#include "core.h"

typedef struct {
    int code; /* 1 str, 2 bytes, 3 int */
    PyObject *head;
    Py_ssize_t length;
    uint8_t digest[32];
} cut;

/* The value that was cut last, with what was said of it: one that is large is written more than once. What is larger
 * than this is not held, so that a program's memory is its own. */
#define CUT_UNITS_KEPT (1 << 20)
static struct {
    PyObject *v;
    cut c;
} latest;

void
cuts_clear(void)
{
    Py_CLEAR(latest.v);
    Py_CLEAR(latest.c.head);
}

static void
keep_cut(PyObject *v, const cut *c)
{
    cuts_clear();
    if (c->length <= CUT_UNITS_KEPT) {
        latest.v = Py_NewRef(v);
        latest.c = *c;
        Py_INCREF(c->head);
    }
}

static bool
cut_anew(PyObject *v, cut *c)
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
        keep_cut(v, c);
    } else {
        Py_CLEAR(c->head);
        no_memory();
    }
    Py_XDECREF(text);
    Py_XDECREF(part);
    Py_XDECREF(body);
    return fine;
}

/* What is said of a value that is cut. False without memory. */
static bool
cut_of(PyObject *v, cut *c)
{
    if (latest.v == v) {
        *c = latest.c;
        Py_INCREF(c->head);
        return true;
    }
    return cut_anew(v, c);
}

void
put_cut(PyObject *v)
{
    cut c;
    if (cut_of(v, &c)) {
        put_u8(0x0B);
        put_u8((unsigned)c.code);
        scan_identity(c.head);
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

void
put_literal(unsigned tag, PyObject *v)
{
    PyObject *literal = literal_of(v);
    if (literal == NULL) {
        no_memory();
        return;
    }
    put_u8(tag);
    if (tag == 0x08) {
        scan_identity(literal);
    }
    put_str(literal);
    Py_DECREF(literal);
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

/* The rest of put_val(): neither int nor object. */
void
put_other(val v)
{
    if (v == 0) {
        put_u8(4);
    } else if ((v & VAL_TAG) == VAL_HELD) {
        put_inline((PyObject *)v);
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
        no_memory();
        return 0;
    }
    *d = (deep){.name = name, .v = v, .refs = 1};
    return (val)d | VAL_DEEP;
}

/* The rest of meet(): neither int nor str. */
val
meet_other(PyObject *v, Py_ssize_t distance)
{
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

/* The rest of val_is(): an address in a part that is cut, an object too deep, or a string. */
bool
is_other(val known, PyObject *v)
{
    if ((known & VAL_TAG) == VAL_TEXT) {
        return Py_IS_TYPE(v, &PyUnicode_Type) && is_string_of(val_text(known), v);
    }
    return (known & VAL_TAG) == VAL_RAW ? (known & ~(val)VAL_TAG) == (val)v : val_deep(known)->v == v;
}

val
val_copy(val v)
{
    if (v == 0 || is_by_value(v) || (v & VAL_TAG) == VAL_RAW) {
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

/* The rest of val_drop(): anything but what is known by its value, and nothing. */
void
val_release(val v)
{
    if ((v & VAL_TAG) == VAL_RAW) {
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

/* The rest of val_equal(): two different values of one kind, or one of them known by its text. */
bool
same_text(val a, val b)
{
    if (a == 0 || b == 0) {
        return false;
    }
    /* The other one is held then. */
    if ((a & VAL_TAG) == VAL_TEXT || (b & VAL_TAG) == VAL_TEXT) {
        return (a & VAL_TAG) == VAL_TEXT ? is_other(a, (PyObject *)b) : is_other(b, (PyObject *)a);
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

/* Room for so many values in all. False after a fault. */
bool
vec_reserve(vec *v, Py_ssize_t cap)
{
    if (v->cap >= cap) {
        return true;
    }
    val *at = realloc(v->at, (size_t)cap * sizeof *at);
    if (at == NULL) {
        no_memory();
        return false;
    }
    v->at = at;
    v->cap = cap;
    return true;
}

bool
vec_add(vec *v, val x)
{
    if (v->n == v->cap && !vec_reserve(v, v->cap == 0 ? 4 : v->cap * 2)) {
        val_drop(x);
        return false;
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
