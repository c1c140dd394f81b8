/* Shared by the parts of the preloaded library. */
#ifndef TRACEMILL_PRELOAD_INTERNAL_H
#define TRACEMILL_PRELOAD_INTERNAL_H

#include "preload.h"
#include <stdbool.h>
#include <time.h>

struct preload_state {
    struct virtual_world world;
    _Atomic bool armed;
    _Atomic bool company; /* there was a second thread or process: waits take real time */
    _Atomic uint64_t slept_ns;
    _Atomic uint64_t reads;
    int home_pid; /* kernel's number of the process that was armed */
    int home_tid;
};

extern struct preload_state preload;

/* preload_clock.c */
uint64_t preload_elapsed_ns(void);
int64_t preload_real_ns(clockid_t clock);
void preload_pass_ns(uint64_t ns);
int64_t preload_timeout_ns(const struct timespec *deadline);
void preload_settle_read(bool was_lock);
/* preload_limits.c */
void preload_hand_limits(void);
/* preload_random.c */
void preload_random_seed(void);

#endif
