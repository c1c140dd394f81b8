/* Where a recorder in C commits its stream: memory that the child shares with its parent. Handed over in a capsule. */
#ifndef TRACEMILL_REGION_H
#define TRACEMILL_REGION_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define REGION_CAPSULE "tracer.region"
/* The first record, the header, is at most this long and counts for nothing: it differs between recorders. */
#define REGION_HEADER_MAX 64

struct core_region {
    uint8_t *data;
    uint64_t room; /* bytes that records may fill; the end record has room of its own behind */
    _Atomic uint64_t *committed;
    void (*stop)(uint32_t marker); /* ends the process; does not return */
    /* Set by the recorder while it takes what the program wrote to descriptor 1 or 2. */
    void (*output)(int fd, const uint8_t *bytes, size_t n);
};

#endif
