/* Values and lookups that stand on the path of every event. */
#ifndef TRACEMILL_CORE_VAL_H
#define TRACEMILL_CORE_VAL_H

/* Whether values of exactly this type are inline. */
static inline bool
is_scalar_type(PyTypeObject *type)
{
    return type == &PyLong_Type || type == &PyUnicode_Type || is_other_scalar_type(type);
}

#define VERSION_SHIFT (DICT_MAX_WATCHERS + DICT_WATCHED_MUTATION_BITS)
static inline uint64_t
dict_version(PyObject *dict)
{
    return ((PyDictObject *)dict)->ma_version_tag >> VERSION_SHIFT;
}

/* The state of the thread that runs. */
static inline PyThreadState *
this_thread(void)
{
    return __builtin_expect(__builtin_thread_pointer() == T.home, 1) ? T.home_state
                                                                     : PyThreadState_GetUnchecked();
}

static inline size_t
object_place(const PyObject *key)
{
    return (size_t)(address_mix(key) >> 24) & (objects.room - 1);
}

/* The numbered object at an address, NULL where there is none. */
static inline obj *
find_obj(const PyObject *key)
{
    if (__builtin_expect(objects.room == 0, 0)) {
        return NULL;
    }
    size_t i = object_place(key);
    while (objects.table[i].key != NULL) {
        if (objects.table[i].key == key) {
            return objects.table[i].value;
        }
        i = (i + 1) & (objects.room - 1);
    }
    return NULL;
}

static inline obj *
val_obj(val v)
{
    return (obj *)(v - VAL_OBJ);
}

static inline deep *
val_deep(val v)
{
    return (deep *)(v - VAL_DEEP);
}

static inline val
text_val(uint32_t k)
{
    return (val)k << 3 | VAL_TEXT;
}

static inline uint32_t
val_text(val v)
{
    return (uint32_t)(v >> 3);
}

/* Whether it is known by its value, so that nothing is held. */
static inline bool
is_by_value(val v)
{
    return (v & 6) == VAL_INT;
}

static inline val
int_val(int64_t n)
{
    return (val)n << 3 | VAL_INT;
}

static inline int64_t
val_int(val v)
{
    return (int64_t)v >> 3;
}

/* At least so many bytes as the text of such an int has: a sign, and 0.302 digits for each bit. */
static inline uint64_t
int_bytes_bound(int64_t n)
{
    return 3 + ((uint64_t)(64 - __builtin_clzll((uint64_t)(n < 0 ? -n : n) | 1)) * 5 >> 4);
}

/* The number of an exact int that is known by value: below 2 ** 60 where the limits never cut it. */
static inline bool
read_int(PyObject *v, int64_t *n)
{
    const _PyLongValue *x = &((PyLongObject *)v)->long_value;
    uintptr_t tag = x->lv_tag;
    if (tag >= T.int_tag_end) {
        return false;
    }
    int64_t size = x->ob_digit[0];
    if (tag >= 2 << NON_SIZE_BITS) {
        size |= (int64_t)x->ob_digit[1] << PyLong_SHIFT;
    }
    *n = (1 - (int64_t)(tag & SIGN_MASK)) * size;
    return true;
}

/* The same of anything that a place may hold; false where that is no such int. */
static inline bool
read_exact_int(PyObject *v, int64_t *n)
{
    return v != NULL && Py_IS_TYPE(v, &PyLong_Type) && read_int(v, n);
}

static inline bool
int_is(val known, PyObject *v)
{
    int64_t n;
    return read_exact_int(v, &n) && n == val_int(known);
}

/* Whether `known` stands for v as it is: the very object, or an int of that value. A number proves that it is alive. */
static inline bool
val_is(val known, PyObject *v)
{
    if (known == (val)v) {
        /* A held value, or none. */
        return true;
    }
    if ((known & VAL_TAG) == VAL_OBJ) {
        return val_obj(known)->o == v && v != NULL;
    }
    if ((known & VAL_TAG) == VAL_INT) {
        return int_is(known, v);
    }
    return (known & VAL_TAG) != VAL_HELD && v != NULL && is_other(known, v);
}

/* What the trace says of v from now on: gives it a number where it needs one. `distance` as §4 has it. Owned. */
static inline val
meet(PyObject *v, Py_ssize_t distance)
{
    int64_t n;
    if (v == NULL) {
        return 0;
    }
    if (Py_IS_TYPE(v, &PyLong_Type)) {
        return read_int(v, &n) ? int_val(n) : (val)Py_NewRef(v);
    }
    return Py_IS_TYPE(v, &PyUnicode_Type) ? (val)Py_NewRef(v) : meet_other(v, distance);
}

/* What names and operands say of an exact str: they are compared by content alone. Owned. */
static inline val
meet_string(PyObject *v)
{
    uint32_t k = recent_text(v);
    return k != 0 ? text_val(k) : (val)Py_NewRef(v);
}

static inline void
val_drop(val v)
{
    if (!is_by_value(v) && v != 0) {
        val_release(v);
    }
}

/* Whether two values have one text. */
static inline bool
val_equal(val a, val b)
{
    if (a == b) {
        return true;
    }
    uintptr_t differ = (a ^ b) & VAL_TAG;
    bool can_be = differ == 0 ? !is_by_value(a) && (a & VAL_TAG) != VAL_OBJ : differ == (VAL_TEXT ^ VAL_HELD);
    return can_be && same_text(a, b);
}

/* Writes a value that takes few bytes, where there is room; NULL where it may take more. */
static inline uint8_t *
raw_few(uint8_t *at, val v)
{
    if ((v & VAL_TAG) == VAL_INT) {
        return raw_small(at, val_int(v));
    }
    if ((v & VAL_TAG) == VAL_OBJ) {
        *at = 0x09;
        return raw_uint(at + 1, val_obj(v)->id);
    }
    if ((v & VAL_TAG) == VAL_TEXT) {
        *at = 0x08;
        return raw_uint(at + 1, val_text(v));
    }
    PyObject *held = (PyObject *)v;
    if (held == NULL || held == Py_None || held == Py_False || held == Py_True) {
        *at = held == NULL ? 4 : held == Py_None ? 0 : held == Py_False ? 1 : 2;
        return at + 1;
    }
    return (v & VAL_TAG) == VAL_HELD && Py_IS_TYPE(held, &PyUnicode_Type) ? put_recent_string(held, at) : NULL;
}

static inline void
put_val(val v)
{
    room(16);
    uint8_t *at = raw_few(T.at, v);
    if (at != NULL) {
        T.at = at;
    } else {
        put_other(v);
    }
}

/* Defines what waits, first in, first out. */
static inline void
define_waiting(void)
{
    if (T.can_wait) {
        define_queue();
    }
}

static inline void
release_obj(obj *o)
{
    if (--o->refs == 0) {
        free_obj(o);
    }
}

static inline void
drop_pending(frame *fr)
{
    T.n_open -= fr->n_pending > 0;
    fr->n_pending = 0;
}

static inline void
callee_release(struct callee *c)
{
    if (c != NULL && --c->refs == 0) {
        Py_DECREF(c->name);
        free(c);
    }
}

/* A check point. `fr` is the activation whose instruction is over; at an entry it is NULL, and code of open frames ran
 * up to here. */
static inline void
check_point(frame *fr, iframe *f, bool is_entry)
{
    Py_ssize_t reasons = T.n_dirty | T.n_always | T.must_scan | (fr != NULL ? fr->n_pending : 0)
        | (is_entry ? T.n_open : 0);
    if (__builtin_expect(reasons != 0, 0)) {
        check_now(fr, f, is_entry);
    }
}

static inline frame *
find_frame(iframe *f)
{
    return __builtin_expect(T.top != NULL && T.top->f == f, 1) ? T.top : search_frame(f);
}

#endif
