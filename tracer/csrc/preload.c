/* Arming of the preloaded library. Loaded by the dynamic linker before libc's own names are looked up. */
#define _GNU_SOURCE
#include "preload_internal.h"
#include <sys/syscall.h>
#include <unistd.h>

struct preload_state preload;

__attribute__((visibility("default"))) void
tracemill_preload_arm(const struct virtual_world *world)
{
    preload.world = *world;
    preload.home_pid = (int)syscall(SYS_getpid);
    preload.home_tid = (int)syscall(SYS_gettid);
    preload_random_seed();
    atomic_store(&preload.armed, true);
}

__attribute__((visibility("default"))) void
tracemill_preload_company(void)
{
    atomic_store(&preload.company, true);
}

__attribute__((visibility("default"))) void
tracemill_preload_detach(void)
{
    static _Atomic uint32_t nobody;
    preload.world.touched = &nobody;
    preload_hand_limits();
}

/* Called at the end of the child: a read that nothing followed was the program's. */
__attribute__((visibility("default"))) void
tracemill_preload_settle(void)
{
    preload_settle_read(false);
}
