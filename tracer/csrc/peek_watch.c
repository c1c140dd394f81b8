/* What numbered objects are made of, as the reference tracer asks for it: what was last told, and what changed since. */
#include "peek_numbers.h"

static bool is_watching;

static PyObject *
number_of(PyObject *Py_UNUSED(module), PyObject *object)
{
    const struct watched *entry = numbers_find(object);
    return PyLong_FromUnsignedLong(entry == NULL ? 0 : entry->number);
}

/* meet(object): gives it the next number. */
static PyObject *
meet(PyObject *Py_UNUSED(module), PyObject *object)
{
    struct watched *entry = numbers_add(object);
    if (entry == NULL) {
        return PyErr_NoMemory();
    }
    struct ending at = dying_take(object);
    if (at.in != NULL) {
        dying_note(entry, at);
    }
    return PyLong_FromUnsignedLong(entry->number);
}

/* The entry of a number; NULL where its object is dead, and without an error set but for a number out of range. */
static struct watched *
entry_of(PyObject *number)
{
    size_t wanted = PyLong_AsSize_t(number);
    return wanted == (size_t)-1 ? NULL : numbers_entry(wanted);
}

static struct watched *
live_entry(PyObject *number)
{
    struct watched *entry = entry_of(number);
    if (entry == NULL && !PyErr_Occurred()) {
        PyErr_Format(PyExc_LookupError, "object %R is not alive", number);
    }
    return entry;
}

static PyObject *
object_at(PyObject *Py_UNUSED(module), PyObject *number)
{
    struct watched *entry = live_entry(number);
    return entry == NULL ? NULL : Py_NewRef(entry->object);
}

static bool
is_held(uintptr_t word)
{
    int leaves = 0;
    return word != 0 && peek_is_inline((PyObject *)word, 0, &leaves);
}

/* settle(number, always): what the object is made of now is what is known of it. */
static PyObject *
settle(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *number;
    int always;
    if (!PyArg_ParseTuple(args, "Op", &number, &always)) {
        return NULL;
    }
    struct watched *entry = live_entry(number);
    if (entry == NULL) {
        return NULL;
    }
    struct words now = {0};
    bool has_objects = peek_collect(entry->object, &now);
    if (now.failed) {
        words_free(&now);
        return PyErr_NoMemory();
    }
    for (size_t i = 0; has_objects && i < now.count; i++) {
        if (is_held(now.data[i])) {
            Py_INCREF((PyObject *)now.data[i]);
            now.data[i] |= 1;
        }
    }
    struct watched old = *entry;
    entry->shadow = now;
    entry->has_objects = has_objects;
    entry->always = always;
    numbers_drop_shadow(&old);
    Py_RETURN_NONE;
}

static bool
differs(const struct watched *entry, const struct words *now)
{
    if (now->count != entry->shadow.count) {
        return true;
    }
    uintptr_t mask = entry->has_objects ? ~(uintptr_t)1 : ~(uintptr_t)0;
    bool may_be_dead = entry->has_objects && numbers_have_dead();
    for (size_t i = 0; i < now->count; i++) {
        if (now->data[i] != (entry->shadow.data[i] & mask)) {
            return true;
        }
        if (may_be_dead && numbers_is_dead(now->data[i])) {
            return true;
        }
    }
    return false;
}

static bool
is_readable(const struct watched *entry, frame_t *frame)
{
    /* What no frame holds may be freed already: only its address is looked at until then. */
    return entry->object != NULL
        && (!entry->dying
            || (peek_holds(frame, entry->dying_at.in, entry->object)
                && Py_REFCNT(entry->object) > 0));
}

static int
add_number(PyObject *list, uint32_t value)
{
    PyObject *number = PyLong_FromUnsignedLong(value);
    int result = number == NULL ? -1 : PyList_Append(list, number);
    Py_XDECREF(number);
    return result;
}

/* changed(frame): numbers of objects that are made of something else than when they were settled, ascending. */
static PyObject *
changed(PyObject *Py_UNUSED(module), PyObject *address)
{
    frame_t *frame = PyLong_AsVoidPtr(address);
    PyObject *list = PyList_New(0);
    dying_end(frame);
    struct words now = {0};
    struct watched *entry;
    for (size_t i = 0; list != NULL && (entry = numbers_live(i)) != NULL; i++) {
        if (!is_readable(entry, frame)) {
            continue;
        }
        now.count = 0;
        peek_collect(entry->object, &now);
        if ((now.failed || entry->always || differs(entry, &now))
            && add_number(list, entry->number) < 0) {
            Py_CLEAR(list);
        }
    }
    words_free(&now);
    numbers_sweep();
    return list;
}

static PyObject *
is_alive(PyObject *Py_UNUSED(module), PyObject *number)
{
    const struct watched *entry = entry_of(number);
    return PyErr_Occurred() ? NULL : PyBool_FromLong(entry != NULL && !entry->dying);
}

static PyObject *
exists(PyObject *Py_UNUSED(module), PyObject *number)
{
    const struct watched *entry = entry_of(number);
    return PyErr_Occurred() ? NULL : PyBool_FromLong(entry != NULL);
}

/* places(): how many objects there was room for at once, dead ones that a check point has not seen included. */
static PyObject *
places(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    return PyLong_FromSize_t(numbers_places());
}

/* watch(): starts with no object known. unwatch() ends it. */
static PyObject *
watch(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    numbers_start();
    is_watching = true;
    if (!dying_start()) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
unwatch(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    if (is_watching) {
        is_watching = false;
        dying_stop();
        numbers_clear();
    }
    Py_RETURN_NONE;
}

PyMethodDef peek_watch_methods[] = {
    {"number_of", number_of, METH_O, "Number of an object, 0 where it has none."},
    {"meet", meet, METH_O, "Gives an object the next number."},
    {"object_at", object_at, METH_O, "The live object that has this number."},
    {"settle", settle, METH_VARARGS, "Takes what the object is made of as known."},
    {"changed", changed, METH_O, "Numbers of objects that changed since they were settled."},
    {"exists", exists, METH_O, "Whether the object of this number was not deallocated."},
    {"is_alive", is_alive, METH_O, "Whether the object of this number lives and is not being finalised."},
    {"places", places, METH_NOARGS, "How many objects were numbered at once, at most."},
    {"watch", watch, METH_NOARGS, "Starts to watch objects; none is known."},
    {"unwatch", unwatch, METH_NOARGS, "Forgets all objects."},
    {NULL, NULL, 0, NULL},
};
