/* Texts of instructions (docs/trace-format.md §2.2), and the interpreter's tables of opcodes. */
#include "core.h"
#define NEED_OPCODE_METADATA
#include "core_opcodes.h"
#include "opcode_ids.h"

#define LEAVES_MAX 32

static PyObject *const_text(PyObject *constant);

static PyObject *
tuple_const_text(PyObject *tuple)
{
    Py_ssize_t n = PyTuple_GET_SIZE(tuple);
    PyObject *parts = PyList_New(n), *comma = PyUnicode_FromString(", ");
    for (Py_ssize_t i = 0; parts != NULL && i < n; i++) {
        PyObject *part = const_text(PyTuple_GET_ITEM(tuple, i));
        if (part == NULL) {
            Py_CLEAR(parts);
            break;
        }
        PyList_SET_ITEM(parts, i, part);
    }
    PyObject *inner = parts == NULL || comma == NULL ? NULL : PyUnicode_Join(comma, parts);
    Py_XDECREF(parts);
    Py_XDECREF(comma);
    PyObject *text = inner == NULL ? NULL : PyUnicode_FromFormat(n == 1 ? "(%U,)" : "(%U)", inner);
    Py_XDECREF(inner);
    return text;
}

static PyObject *
const_text(PyObject *constant)
{
    if (PyCode_Check(constant)) {
        return PyUnicode_FromFormat("<code %U>", ((PyCodeObject *)constant)->co_name);
    }
    if (is_scalar_type(Py_TYPE(constant))) {
        return literal_of(constant);
    }
    if (PyTuple_CheckExact(constant) && PyTuple_GET_SIZE(constant) <= LEAVES_MAX) {
        return tuple_const_text(constant);
    }
    return PyType_GetName(Py_TYPE(constant));
}

static PyObject *
slot_text(const plan *p, int slot)
{
    return Py_NewRef(PyTuple_GET_ITEM(p->code->co_localsplusnames, slot));
}

/* Name of an instruction's opcode. New reference. */
PyObject *
op_text(const plan *p, int unit)
{
    return PyUnicode_FromString(_PyOpcode_OpName[p->op[unit]]);
}

/* An instruction's argument as text; Py_None where it takes none. New reference, NULL with an exception. */
PyObject *
arg_text(const plan *p, int unit)
{
    static const char *const compare[] = {"<", "<=", "==", "!=", ">", ">="};
    int op = p->op[unit], arg = p->arg[unit];
    if (!OPCODE_HAS_ARG(op)) {
        return Py_NewRef(Py_None);
    }
    if (OPCODE_HAS_JUMP(op)) {
        return PyUnicode_FromFormat("to %d", 2 * jump_target(p, unit));
    }
    if (OPCODE_HAS_CONST(op)) {
        return const_text(PyTuple_GET_ITEM(p->code->co_consts, arg));
    }
    if (OPCODE_HAS_NAME(op)) {
        int shift = op == LOAD_GLOBAL || op == LOAD_ATTR ? 1 : op == LOAD_SUPER_ATTR ? 2 : 0;
        return Py_NewRef(PyTuple_GET_ITEM(p->code->co_names, arg >> shift));
    }
    if (op == LOAD_FAST_LOAD_FAST || op == STORE_FAST_LOAD_FAST || op == STORE_FAST_STORE_FAST) {
        PyObject *a = PyTuple_GET_ITEM(p->code->co_localsplusnames, arg >> 4);
        PyObject *b = PyTuple_GET_ITEM(p->code->co_localsplusnames, arg & 15);
        return PyUnicode_FromFormat("%U, %U", a, b);
    }
    if (OPCODE_HAS_LOCAL(op) || OPCODE_HAS_FREE(op)) {
        return slot_text(p, arg);
    }
    if (op == COMPARE_OP) {
        return PyUnicode_FromString(compare[arg >> 5]);
    }
    return op == BINARY_OP ? Py_NewRef(PyTuple_GET_ITEM(lib.binary_signs, arg)) : PyUnicode_FromFormat("%d", arg);
}
