/* Shared by the parts of tracer._peek: looks at objects and frames without running a line of the program. */
#ifndef TRACEMILL_PEEK_H
#define TRACEMILL_PEEK_H

#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE 1
#include <Python.h>
/* Headers of the interpreter itself, which are not written for all warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <frameobject.h>
#include "internal/pycore_ceval.h"
#include "internal/pycore_code.h"
#include "internal/pycore_dict.h"
#include "internal/pycore_frame.h"
#include "internal/pycore_genobject.h"
#include "internal/pycore_interp.h"
#include "internal/pycore_list.h"
#include "internal/pycore_long.h"
#include "internal/pycore_object.h"
#include "internal/pycore_pystate.h"
#include "internal/pycore_range.h"
#include "internal/pycore_runtime.h"
#include "internal/pycore_setobject.h"
#include "internal/pycore_tuple.h"
#include "internal/pycore_typeobject.h"
#pragma GCC diagnostic pop
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#if PY_VERSION_HEX < 0x030D0100 || PY_VERSION_HEX >= 0x030E0000
#error "tracer._peek is written for CPython 3.13.1 and later of that line"
#endif

typedef struct _PyInterpreterFrame frame_t;

#pragma GCC visibility push(hidden)

/* A growable list of words: borrowed object pointers or NULL, or plain bytes of a buffer. */
struct words {
    uintptr_t *data;
    size_t count;
    size_t room;
    size_t slots; /* how many of them, the first ones, peek_fields() took from slots */
    bool failed; /* no memory */
};

void words_add(struct words *words, const void *word);
void words_free(struct words *words);

/* Stands for an empty place (an unbound slot, an empty cell); immortal for the life of the module. */
extern PyObject *peek_null;

/* The storage of a partial object, from Modules/_functoolsmodule.c. */
struct partial {
    PyObject_HEAD
    PyObject *function;
    PyObject *args;
    PyObject *keywords;
};

/* peek_storage.c: what an object is made of. All pointers are borrowed. */
bool peek_is_scalar(PyObject *object);
bool peek_is_inline(PyObject *object, int depth, int *leaves);
void peek_items(PyObject *object, struct words *out);
void peek_members(PyObject *object, struct words *out);
void peek_entries(PyObject *object, struct words *out);
void peek_fields(PyObject *object, struct words *out);
bool peek_collect(PyObject *object, struct words *out);
void peek_exception(PyObject *object, struct words *out);
PyObject *peek_viewed(PyObject *object);
bool peek_same_deque_type(PyTypeObject *type);
int peek_storage_init(void);
int peek_iterators_init(void);
int peek_itertools_init(void);

/* peek_hash.c */
enum { HASH_SEEDED = 1, HASH_ADDRESS = 2 };
int peek_hash_kind(PyObject *object, int depth);

/* peek_itertools.c: owned, None for another type */
PyObject *peek_itertools_state(PyObject *object);

/* peek_frames.c */
bool peek_holds(frame_t *frame, frame_t *base, PyObject *object);

extern PyMethodDef peek_storage_methods[];
extern PyMethodDef peek_iterator_methods[];
extern PyMethodDef peek_frame_methods[];
extern PyMethodDef peek_watch_methods[];
extern PyMethodDef peek_hook_methods[];
extern PyMethodDef peek_audit_methods[];

/* peek_quiet.c */
struct unseen {
    int enabled, count;
    PyObject *edge; /* owned */
};
struct unseen peek_begin_unseen(void);
void peek_end_unseen(const struct unseen *was);
PyObject *peek_call_quietly(PyObject *function, PyObject *const *args, size_t count);

#pragma GCC visibility pop
#endif
