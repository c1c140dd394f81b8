/* What a short event says of the operand stack and of iterators, and the values that it can say without a look-up that may
 * change anything. */
#ifndef TRACEMILL_CORE_KNOWN_H
#define TRACEMILL_CORE_KNOWN_H

#include "core_event.h"

#pragma GCC visibility push(hidden)

/* Whether nothing is held for a value, so that it comes and goes without a trace. */
static inline bool
is_light(val v)
{
    return is_by_value(v) || v == (val)Py_True || v == (val)Py_False || v == (val)Py_None || v == 0;
}

static inline bool
is_object(val v)
{
    return (v & VAL_TAG) == VAL_OBJ;
}

static inline void
drop(val v)
{
    if (is_object(v)) {
        val_obj(v)->refs--;
    }
}

static inline void
keep(val v)
{
    if (is_object(v)) {
        val_obj(v)->refs++;
    }
}

/* No value: it is looked up in the general way. */
#define NO_VAL (~(val)0)

/* The value of a name, or of the stack, as it is known in another place of the stack. A numbered tuple may have become one
 * that has none. */
static inline val
of_known(val v)
{
    return is_light(v) || (is_object(v) && val_obj(v)->kind != K_TUPLE) ? v : NO_VAL;
}

/* What stands on the stack, where that is a small int, a constant or a numbered object. */
static inline val
of_operand(PyObject *v)
{
    int64_t n;
    if (__builtin_expect(read_exact_int(v, &n), 1)) {
        return int_val(n);
    }
    if (v == NULL || v == Py_True || v == Py_False || v == Py_None) {
        return (val)v;
    }
    const obj *o = PyType_IS_GC(Py_TYPE(v)) && !Py_IS_TYPE(v, &PyTuple_Type) ? find_obj(v) : NULL;
    return o != NULL ? (val)o | VAL_OBJ : NO_VAL;
}

/* The same, and short strings that were written lately. */
static inline val
of_any_operand(PyObject *v)
{
    val found = of_operand(v);
    if (found == NO_VAL && Py_IS_TYPE(v, &PyUnicode_Type)) {
        uint32_t k = recent_text(v);
        found = k != 0 ? text_val(k) : NO_VAL;
    }
    return found;
}

/* A value that is light, or an object. */
static inline uint8_t *
put_short(uint8_t *at, val v)
{
    if (__builtin_expect((v & VAL_TAG) == VAL_INT, 1)) {
        return raw_small(at, val_int(v));
    }
    if (is_object(v)) {
        *at = 0x09;
        return raw_uint(at + 1, val_obj(v)->id);
    }
    if ((v & VAL_TAG) == VAL_TEXT) {
        *at = 0x08;
        return raw_uint(at + 1, val_text(v));
    }
    *at = v == 0 ? 4 : v == (val)Py_None ? 0 : v == (val)Py_False ? 1 : 2;
    return at + 1;
}

/* What an event says of the stack and of iterators: of names it stands before `at`. */
struct change {
    uint8_t *at;
    unsigned flags;
    int kept, n_new;   /* so many values from below are as they were, and so many are new */
    val first, below, top; /* the new ones: one is the top, two are `below` and it */
    uint64_t moved;    /* iterators */
};

/* The stack has other values from place `kept` on. */
static inline void
take(frame *fr, int kept, int n_new, struct change *c)
{
    c->flags |= FLAG_STACK;
    c->kept = kept;
    c->n_new = n_new;
    fr->n_stack = kept + n_new;
}

/* The stack has one value more, which is known. */
static inline bool
push(frame *fr, int n, val v, struct change *c)
{
    if (v == NO_VAL) {
        return false;
    }
    keep(v);
    fr->stack[n - 1] = c->top = v;
    take(fr, n - 1, 1, c);
    return true;
}

#pragma GCC visibility pop
#endif
