/* What the parts of _core share about iterators. */
#ifndef TRACEMILL_CORE_ITER_H
#define TRACEMILL_CORE_ITER_H

#include "iterators.h"

/* Parts of a state, as §9.5 of the format has them. */
enum { HAS_OVER = 1, HAS_AT = 2, HAS_LEFT = 4, HAS_STATE = 8, HAS_LINE = 16 };
enum { CREATED, SUSPENDED, RUNNING, DONE };
enum { MODE_NONE, MODE_RANGE, MODE_SEQUENCE, MODE_DICT };

/* core_iter_read.c */
bool is_sequence_iterator(PyTypeObject *type);
bool is_dict_iterator(PyTypeObject *type);
void read_state(iter_state *s, PyObject *v, int kind);

#endif
