/* What tracer._harness and the preloaded library agree on. Until it is armed the library passes every call through. */
#ifndef TRACEMILL_PRELOAD_H
#define TRACEMILL_PRELOAD_H

#include <stdatomic.h>
#include <stdint.h>

struct virtual_world {
    _Atomic uint64_t *fuel;    /* the clock advances with it */
    _Atomic uint32_t *touched; /* bits of enum touch */
    uint32_t clock_bit;
    uint32_t random_bit;
    uint64_t base_ns;       /* wall clock at fuel 0, since the epoch */
    uint64_t monotonic_ns;  /* monotonic clock at fuel 0 */
    uint64_t ns_per_fuel;
    uint8_t seed[32];
};

typedef void (*preload_arm_function)(const struct virtual_world *world);
/* Waits are real from the first thread or process on: others need the time. */
typedef void (*preload_company_function)(void);
/* What a process that the child forked touches is no longer noted. */
typedef void (*preload_detach_function)(void);
/* Decides whether the last look at the clock was the program's: to be called before the bits are read. */
typedef void (*preload_settle_function)(void);

#endif
