/* A limit of processor time that the program sets itself: kept and shown, and nothing ends by it, since where it would is the
 * machine's to decide. The kernel is told of it for a process that the program forks. */
#define _GNU_SOURCE
#include "preload_internal.h"
#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static struct rlimit kept; /* valid where it is_kept */
static bool is_kept;

static int
real_prlimit(pid_t pid, int resource, const struct rlimit *limit, struct rlimit *before)
{
    return (int)syscall(SYS_prlimit64, pid, resource, limit, before);
}

/* Of the program's own process, under any of its numbers. */
static bool
is_own(pid_t pid)
{
    int real = (int)syscall(SYS_getpid);
    return atomic_load(&preload.armed) && real == preload.home_pid
        && (pid == 0 || pid == real || pid == getpid());
}

/* What the kernel would say, for one without privileges. */
static int
keep(const struct rlimit *limit, struct rlimit *before)
{
    /* Both may lie in one place. */
    struct rlimit now = kept, wanted = limit == NULL ? kept : *limit;
    if (!is_kept && real_prlimit(0, RLIMIT_CPU, NULL, &now) != 0) {
        return -1;
    }
    if (limit != NULL && wanted.rlim_cur > wanted.rlim_max) {
        errno = EINVAL;
        return -1;
    }
    if (limit != NULL && wanted.rlim_max > now.rlim_max) {
        errno = EPERM;
        return -1;
    }
    if (before != NULL) {
        *before = now;
    }
    if (limit != NULL) {
        kept = wanted;
        is_kept = true;
    }
    return 0;
}

/* In a process that was forked: from here on the kernel keeps it, and what is forked there has it from the kernel. */
void
preload_hand_limits(void)
{
    if (is_kept) {
        real_prlimit(0, RLIMIT_CPU, &kept, NULL);
        is_kept = false;
    }
}

static int
change(pid_t pid, int resource, const struct rlimit *limit, struct rlimit *before)
{
    if (resource == RLIMIT_CPU && is_own(pid)) {
        return keep(limit, before);
    }
    return real_prlimit(pid, resource, limit, before);
}

EXPORT int
prlimit(pid_t pid, enum __rlimit_resource resource, const struct rlimit *limit, struct rlimit *before)
{
    return change(pid, (int)resource, limit, before);
}

EXPORT int
setrlimit(enum __rlimit_resource resource, const struct rlimit *limit)
{
    return change(0, (int)resource, limit, NULL);
}

EXPORT int
getrlimit(enum __rlimit_resource resource, struct rlimit *limit)
{
    return change(0, (int)resource, NULL, limit);
}

/* On a machine of 64 bits they are the same. */
_Static_assert(sizeof(struct rlimit) == sizeof(struct rlimit64), "limits have one size");

EXPORT int
prlimit64(pid_t pid, enum __rlimit_resource resource, const struct rlimit64 *limit, struct rlimit64 *before)
{
    return change(pid, (int)resource, (const struct rlimit *)limit, (struct rlimit *)before);
}

EXPORT int
setrlimit64(enum __rlimit_resource resource, const struct rlimit64 *limit)
{
    return change(0, (int)resource, (const struct rlimit *)limit, NULL);
}

EXPORT int
getrlimit64(enum __rlimit_resource resource, struct rlimit64 *limit)
{
    return change(0, (int)resource, NULL, (struct rlimit *)limit);
}
