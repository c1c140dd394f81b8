/* What this process has mapped. Valid from harness_read_mappings to harness_forget_mappings. */
#ifndef TRACEMILL_HARNESS_MAPS_H
#define TRACEMILL_HARNESS_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAPPINGS_MAX 512

struct mapping {
    uintptr_t start, end;
    const char *path; /* of its file; NULL where there is none */
    bool is_own;      /* memory of no file, but the stack: the heap and the interpreter's arenas */
    bool is_data;     /* that, and what the interpreter's file has to write */
    bool is_constant; /* to be read only */
    bool is_text;     /* to be read and executed */
    bool is_code;     /* that of the interpreter's file */
    bool is_read;     /* what the interpreter's file has to read or execute */
};

extern struct mapping harness_mappings[MAPPINGS_MAX];
extern size_t harness_mapping_count;

void harness_read_mappings(void);
void harness_forget_mappings(void);

#endif
