/* The interpreter's own tables of opcodes, which it does not export: core_opcodes.c makes them anew. */
#ifndef TRACEMILL_CORE_OPCODES_H
#define TRACEMILL_CORE_OPCODES_H

#pragma GCC visibility push(hidden)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include "internal/pycore_opcode_metadata.h"
#pragma GCC diagnostic pop
#pragma GCC visibility pop

#endif
