/* Frames by address: names, operand stack, position. An address is valid while its frame is on a stack or suspended. */
#include "peek.h"

static frame_t *
frame_at(PyObject *address)
{
    return PyLong_AsVoidPtr(address);
}

static bool
has_code(frame_t *frame)
{
    return frame->owner != FRAME_OWNED_BY_CSTACK && PyCode_Check(frame->f_executable);
}

static bool
slot_holds(PyObject *slot, PyObject *object)
{
    return slot == object || (slot != NULL && PyCell_Check(slot) && PyCell_GET(slot) == object);
}

/* Whether a frame from `frame` down to, but not including, `base` has the object in a slot. */
bool
peek_holds(frame_t *frame, frame_t *base, PyObject *object)
{
    for (; frame != NULL && frame != base; frame = frame->previous) {
        if (!has_code(frame)) {
            continue;
        }
        int count = _PyFrame_GetCode(frame)->co_nlocalsplus;
        for (int i = 0; i < count; i++) {
            if (slot_holds(frame->localsplus[i], object)) {
                return true;
            }
        }
    }
    return false;
}

static PyObject *
list_of(PyObject *const *places, int count)
{
    PyObject *list = PyList_New(count);
    for (int i = 0; list != NULL && i < count; i++) {
        PyList_SET_ITEM(list, i, Py_NewRef(places[i] == NULL ? peek_null : places[i]));
    }
    return list;
}

/* Slots as the program sees them: cells of the frame's own and free variables are read through. */
static PyObject *
slots(PyObject *Py_UNUSED(module), PyObject *address)
{
    frame_t *frame = frame_at(address);
    if (frame == NULL) {
        return NULL;
    }
    PyCodeObject *code = _PyFrame_GetCode(frame);
    PyObject *list = PyList_New(code->co_nlocalsplus);
    for (int i = 0; list != NULL && i < code->co_nlocalsplus; i++) {
        PyObject *value = frame->localsplus[i];
        unsigned char kind = (unsigned char)PyBytes_AS_STRING(code->co_localspluskinds)[i];
        if (value != NULL && PyCell_Check(value) && kind & (CO_FAST_CELL | CO_FAST_FREE)) {
            value = PyCell_GET(value);
        }
        PyList_SET_ITEM(list, i, Py_NewRef(value == NULL ? peek_null : value));
    }
    return list;
}

/* stack(address, depth): the lowest `depth` entries of the operand stack, bottom first. */
static PyObject *
stack(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *address;
    int depth;
    if (!PyArg_ParseTuple(args, "Oi", &address, &depth)) {
        return NULL;
    }
    frame_t *frame = frame_at(address);
    if (frame == NULL) {
        return NULL;
    }
    PyCodeObject *code = _PyFrame_GetCode(frame);
    if (depth < 0 || depth > code->co_stacksize) {
        PyErr_Format(PyExc_ValueError, "stack depth %d of at most %d", depth, code->co_stacksize);
        return NULL;
    }
    return list_of(_PyFrame_Stackbase(frame), depth);
}

/* namespace(address): the dict of a class or module body; the null object where names live in slots. */
static PyObject *
namespace(PyObject *Py_UNUSED(module), PyObject *address)
{
    frame_t *frame = frame_at(address);
    if (frame == NULL) {
        return NULL;
    }
    return Py_NewRef(frame->f_locals == NULL ? peek_null : frame->f_locals);
}

/* offset(address): byte offset of the instruction that runs or is about to run. */
static PyObject *
offset(PyObject *Py_UNUSED(module), PyObject *address)
{
    frame_t *frame = frame_at(address);
    if (frame == NULL) {
        return NULL;
    }
    return PyLong_FromLong(2 * (long)_PyInterpreterFrame_LASTI(frame));
}

/* depth(address, codes): (how many frames from here down run one of these codes, address of the next lower or 0). */
static PyObject *
depth(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *address, *codes;
    if (!PyArg_ParseTuple(args, "OO!", &address, &PyDict_Type, &codes)) {
        return NULL;
    }
    frame_t *first = frame_at(address);
    frame_t *caller = NULL;
    Py_ssize_t count = 0;
    for (frame_t *frame = first; frame != NULL; frame = frame->previous) {
        if (!has_code(frame)) {
            continue;
        }
        PyObject *key = PyLong_FromVoidPtr(frame->f_executable);
        int known = key == NULL ? -1 : PyDict_Contains(codes, key);
        Py_XDECREF(key);
        if (known < 0) {
            return NULL;
        }
        count += known;
        if (known && frame != first && caller == NULL) {
            caller = frame;
        }
    }
    return Py_BuildValue("(nN)", count, PyLong_FromVoidPtr(caller));
}

PyMethodDef peek_frame_methods[] = {
    {"slots", slots, METH_O, "Values of all local, cell and free variables; the null object where unbound."},
    {"stack", stack, METH_VARARGS, "The lowest entries of the operand stack."},
    {"namespace", namespace, METH_O, "The mapping in which a class or module body keeps its names."},
    {"offset", offset, METH_O, "Byte offset of the instruction at which the frame is."},
    {"depth", depth, METH_VARARGS, "Depth among frames of known codes, and the next lower one."},
    {NULL, NULL, 0, NULL},
};
