/* What the machine is like, as far as Python code sees it by functions of libc: one processor, a fixed memory, no load, and
 * nothing free where nothing can be written. */
#define _GNU_SOURCE
#include "preload_internal.h"
#include <dlfcn.h>
#include <sched.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
/* 1 GiB of small pages. */
#define MEMORY_PAGES (1l << 18)

static bool
is_armed(void)
{
    return atomic_load_explicit(&preload.armed, memory_order_relaxed);
}

EXPORT int
sched_getaffinity(pid_t pid, size_t bytes, cpu_set_t *processors)
{
    /* Only of the program's own: another number is the kernel's to refuse. */
    long found = syscall(SYS_sched_getaffinity, pid, bytes, processors);
    if (found < 0) {
        return -1;
    }
    memset((uint8_t *)processors + found, 0, bytes - (size_t)found);
    if (is_armed()) {
        memset(processors, 0, bytes);
        CPU_SET_S(0, bytes, processors);
    }
    return 0;
}

EXPORT long
sysconf(int name)
{
    static long (*_Atomic real)(int);
    long (*call)(int) = atomic_load(&real);
    if (call == NULL) {
        call = (long (*)(int))dlsym(RTLD_NEXT, "sysconf");
        atomic_store(&real, call);
    }
    if (is_armed()) {
        /* Of its caches nothing is known. */
        if (name >= _SC_LEVEL1_ICACHE_SIZE && name <= _SC_LEVEL4_CACHE_LINESIZE) {
            return 0;
        }
        switch (name) {
        case _SC_NPROCESSORS_CONF:
        case _SC_NPROCESSORS_ONLN:
            return 1;
        case _SC_PHYS_PAGES:
        case _SC_AVPHYS_PAGES:
            return MEMORY_PAGES;
        default:
            break;
        }
    }
    return call(name);
}

EXPORT int
getloadavg(double *averages, int count)
{
    if (count < 0) {
        return -1;
    }
    count = count < 3 ? count : 3;
    for (int i = 0; i < count; i++) {
        averages[i] = 0;
    }
    return count;
}

/* The root lies on the host's disk. */
static int
shown(int failed, struct statvfs *facts)
{
    if (failed == 0 && is_armed() && (facts->f_flag & ST_RDONLY) != 0) {
        facts->f_blocks = MEMORY_PAGES;
        facts->f_files = MEMORY_PAGES;
        facts->f_bfree = facts->f_bavail = 0;
        facts->f_ffree = facts->f_favail = 0;
        facts->f_fsid = 0;
    }
    return failed;
}

#define REAL(name) dlsym(RTLD_NEXT, name)

EXPORT int
statvfs(const char *restrict path, struct statvfs *restrict facts)
{
    int (*real)(const char *, struct statvfs *) = (int (*)(const char *, struct statvfs *))REAL("statvfs");
    return shown(real(path, facts), facts);
}

EXPORT int
fstatvfs(int fd, struct statvfs *facts)
{
    int (*real)(int, struct statvfs *) = (int (*)(int, struct statvfs *))REAL("fstatvfs");
    return shown(real(fd, facts), facts);
}

EXPORT int
statvfs64(const char *restrict path, struct statvfs64 *restrict facts)
{
    return statvfs(path, (struct statvfs *)facts);
}

EXPORT int
fstatvfs64(int fd, struct statvfs64 *facts)
{
    return fstatvfs(fd, (struct statvfs *)facts);
}
