/* What the parts of _core that tell what an instruction can change share. */
#ifndef TRACEMILL_CORE_EFFECT_H
#define TRACEMILL_CORE_EFFECT_H

#pragma GCC visibility push(hidden)
/* core_effect_call.c */
void expect(frame *fr, int how, PyObject *v, Py_ssize_t at);
void expect_all(frame *fr);
void expect_object(frame *fr, PyObject *v);
void expect_operands(frame *fr, PyObject *const *operands, Py_ssize_t n, bool each);
void expect_dict(frame *fr, PyObject *dict);
void expect_call(frame *fr, PyObject *callee, PyObject *self, PyObject *const *operands, Py_ssize_t n);
bool is_traced_function(PyObject *v);
bool has_plain_attribute(PyTypeObject *type, PyObject *name);
bool is_python_property(PyObject *property, int which);

#pragma GCC visibility pop
#endif
