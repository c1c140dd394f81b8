/* State of iterators and generators, read from their structures and never advanced. */
#include "peek.h"
#include "iterators.h"

/* Not exported by the interpreter: the type of an iterator over a str of ASCII. Owned. */
static PyTypeObject *ascii_iterator_type;

int
peek_iterators_init(void)
{
    PyObject *text = PyUnicode_FromString("");
    PyObject *iterator = text == NULL ? NULL : PyObject_GetIter(text);
    Py_XDECREF(text);
    if (iterator == NULL) {
        return -1;
    }
    ascii_iterator_type = (PyTypeObject *)Py_NewRef(Py_TYPE(iterator));
    Py_DECREF(iterator);
    return 0;
}

#define DONE Py_BuildValue("(s)", "done")

/* ("sequence", over, at) or ("done",) */
static PyObject *
sequence_state(PyObject *over, Py_ssize_t at)
{
    return over == NULL ? DONE : Py_BuildValue("(sOn)", "at", over, at);
}

static PyObject *
range_state(PyObject *object)
{
    if (Py_TYPE(object) == &PyRangeIter_Type) {
        _PyRangeIterObject *range = (_PyRangeIterObject *)object;
        return range->len <= 0 ? DONE : Py_BuildValue("(sll)", "range", range->start, range->len);
    }
    struct long_range_iterator *range = (struct long_range_iterator *)object;
    return _PyLong_IsZero((PyLongObject *)range->length)
        ? DONE
        : Py_BuildValue("(sOO)", "range", range->start, range->length);
}

/* ("set", set, taken, members to come) */
static PyObject *
set_state(struct set_iterator *iterator)
{
    /* It marks itself when it finds that the set has changed, and gives nothing from then on. */
    if (iterator->set == NULL || iterator->used < 0) {
        return DONE;
    }
    PyObject *left = PyList_New(0);
    for (Py_ssize_t i = iterator->position; left != NULL && i <= iterator->set->mask; i++) {
        PyObject *key = iterator->set->table[i].key;
        /* A deleted entry has the hash -1, which no object has. */
        if (key != NULL && iterator->set->table[i].hash != -1 && PyList_Append(left, key) < 0) {
            Py_CLEAR(left);
        }
    }
    return Py_BuildValue("(sOnN)", "set", iterator->set, iterator->used - iterator->left, left);
}

static PyObject *
enumerate_state(struct enumerate_iterator *iterator)
{
    if (iterator->long_index != NULL) {
        return Py_BuildValue("(sOO)", "at", iterator->inner, iterator->long_index);
    }
    return Py_BuildValue("(sOn)", "at", iterator->inner, iterator->index);
}

/* ("inner", [objects]) */
static PyObject *
inner_state(PyObject *first, PyObject *inner)
{
    PyObject *list = PyList_New(0);
    if (list == NULL || (first != NULL && PyList_Append(list, first) < 0)) {
        Py_XDECREF(list);
        return NULL;
    }
    if (inner != NULL && PyTuple_CheckExact(inner)) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(inner); i++) {
            if (PyList_Append(list, PyTuple_GET_ITEM(inner, i)) < 0) {
                Py_DECREF(list);
                return NULL;
            }
        }
    } else if (inner != NULL && PyList_Append(list, inner) < 0) {
        Py_DECREF(list);
        return NULL;
    }
    return Py_BuildValue("(sN)", "inner", list);
}

static PyObject *
simple_state(PyObject *object, PyTypeObject *type)
{
    struct sequence_iterator *iterator = (struct sequence_iterator *)object;
    if (type == &PyListIter_Type || type == &PyListRevIter_Type || type == &PyTupleIter_Type
        || type == &PyUnicodeIter_Type || type == ascii_iterator_type
        || type == &PyBytesIter_Type || type == &PyByteArrayIter_Type || type == &PySeqIter_Type
        || type == &PyReversed_Type) {
        return sequence_state(iterator->sequence, iterator->index);
    }
    if (type == &PyRangeIter_Type || type == &PyLongRangeIter_Type) {
        return range_state(object);
    }
    if (type == &PyDictIterKey_Type || type == &PyDictIterValue_Type
        || type == &PyDictIterItem_Type) {
        struct dict_iterator *over = (struct dict_iterator *)object;
        /* As with sets. */
        return over->used < 0 ? DONE
                              : sequence_state((PyObject *)over->dict, over->used - over->left);
    }
    return NULL;
}

/* iterator(object): a tuple that starts with the kind of its state; None where it is no iterator of the table. */
static PyObject *
iterator(PyObject *Py_UNUSED(module), PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject *state = simple_state(object, type);
    if (state != NULL || PyErr_Occurred()) {
        return state;
    }
    if (type == &PySetIter_Type) {
        return set_state((struct set_iterator *)object);
    }
    if (type == &PyEnum_Type) {
        return enumerate_state((struct enumerate_iterator *)object);
    }
    if (type == &PyMap_Type) {
        struct map_iterator *map = (struct map_iterator *)object;
        return inner_state(map->function, map->inner);
    }
    if (type == &PyFilter_Type) {
        struct filter_iterator *filter = (struct filter_iterator *)object;
        return inner_state(filter->function, filter->inner);
    }
    if (type == &PyZip_Type) {
        return inner_state(NULL, ((struct zip_iterator *)object)->inner);
    }
    if (type == &PyCallIter_Type) {
        PyObject *callable = ((struct callable_iterator *)object)->callable;
        return callable == NULL ? DONE : Py_BuildValue("(sO)", "over", callable);
    }
    return peek_itertools_state(object);
}

static const char *
state_name(int state)
{
    if (state == FRAME_CREATED) {
        return "created";
    }
    if (state == FRAME_EXECUTING) {
        return "running";
    }
    return FRAME_STATE_SUSPENDED(state) ? "suspended" : "done";
}

/* generator(object): (state, line, what it delegates to or the null object); None for another type. */
static PyObject *
generator(PyObject *Py_UNUSED(module), PyObject *object)
{
    if (!PyGen_CheckExact(object) && !PyCoro_CheckExact(object)
        && !PyAsyncGen_CheckExact(object)) {
        Py_RETURN_NONE;
    }
    PyGenObject *generator = (PyGenObject *)object;
    int state = generator->gi_frame_state;
    PyObject *inner = peek_null;
    int line = 0;
    if (FRAME_STATE_SUSPENDED(state)) {
        frame_t *frame = (frame_t *)generator->gi_iframe;
        line = PyUnstable_InterpreterFrame_GetLine(frame);
        if (state == FRAME_SUSPENDED_YIELD_FROM) {
            inner = _PyFrame_StackPeek(frame);
        }
    }
    return Py_BuildValue("(siO)", state_name(state), line, inner);
}

/* yielded(value): what the program gave to a yield; an asynchronous generator wraps it. */
static PyObject *
yielded(PyObject *Py_UNUSED(module), PyObject *value)
{
    struct wrapped {
        PyObject_HEAD
        PyObject *value;
    };
    bool is_wrapped = !(Py_TYPE(value)->tp_flags & Py_TPFLAGS_HEAPTYPE)
        && strcmp(Py_TYPE(value)->tp_name, "async_generator_wrapped_value") == 0;
    return Py_NewRef(is_wrapped ? ((struct wrapped *)value)->value : value);
}

PyMethodDef peek_iterator_methods[] = {
    {"iterator", iterator, METH_O, "State of a built-in iterator, or None."},
    {"generator", generator, METH_O, "State of a generator or coroutine, or None."},
    {"yielded", yielded, METH_O, "What the program yielded."},
    {NULL, NULL, 0, NULL},
};
