/* Shared by the parts of tracer._core, the recorder on sys.monitoring. docs/trace-format.md has the rules. */
#ifndef TRACEMILL_CORE_H
#define TRACEMILL_CORE_H

#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE 1
#include <Python.h>
/* Headers of the interpreter itself, which are not written for all warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <frameobject.h>
#include "internal/pycore_code.h"
#include "internal/pycore_descrobject.h"
#include "internal/pycore_dict.h"
#include "internal/pycore_frame.h"
#include "internal/pycore_genobject.h"
#include "internal/pycore_interp.h"
#include "internal/pycore_list.h"
#include "internal/pycore_long.h"
#include "internal/pycore_object.h"
#include "internal/pycore_pystate.h"
#include "internal/pycore_range.h"
#include "internal/pycore_setobject.h"
#include "internal/pycore_tuple.h"
#include "internal/pycore_typeobject.h"
#pragma GCC diagnostic pop
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "region.h"
#include "addresses.h"

#if PY_VERSION_HEX < 0x030D0100 || PY_VERSION_HEX >= 0x030E0000
#error "tracer._core is written for CPython 3.13.1 and later of that line"
#endif

typedef struct _PyInterpreterFrame iframe;

/* Nothing of this module is for others: its parts reach each other without the tables of a shared library. */
#pragma GCC visibility push(hidden)
#include "core_types.h"
#include "core_api.h"
#include "core_put.h"
#include "core_val.h"
#pragma GCC visibility pop

#endif
