/* The virtual clock: a fixed start that advances with fuel, with each look at it and with each wait, so that time
 * passes for a program and passes the same on every machine. Alone in its process, a program that waits goes on at once
 * and finds the clock moved; in company of threads or processes it waits really. */
#define _GNU_SOURCE
#include "preload_internal.h"
#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <unistd.h>

#define NS 1000000000ull
/* Deadlines above this many seconds are of the wall clock: the monotonic one starts near zero. */
#define WALL_CLOCK_FROM 100000000

#define EXPORT __attribute__((visibility("default")))

uint64_t
preload_elapsed_ns(void)
{
    uint64_t reads = atomic_fetch_add(&preload.reads, 1) + 1;
    uint64_t fuel = atomic_load(preload.world.fuel);
    return (fuel + reads) * preload.world.ns_per_fuel + atomic_load(&preload.slept_ns);
}

int64_t
preload_real_ns(clockid_t clock)
{
    struct timespec now = {0, 0};
    syscall(SYS_clock_gettime, clock, &now);
    return (int64_t)now.tv_sec * (int64_t)NS + now.tv_nsec;
}

void
preload_pass_ns(uint64_t ns)
{
    atomic_fetch_add(&preload.slept_ns, ns);
}

static void
touch_clock(void)
{
    atomic_fetch_or(preload.world.touched, preload.world.clock_bit);
}

/* CPython reads the monotonic clock before it takes any of its locks, also those inside files and imports. Such a read
 * is no look of the program at the clock: whether it was one is known at the next call. */
static _Thread_local bool pending_read;

void
preload_settle_read(bool was_lock)
{
    if (!pending_read) {
        return;
    }
    pending_read = false;
    if (was_lock) {
        atomic_fetch_sub(&preload.reads, 1);
    } else {
        touch_clock();
    }
}

static bool
is_armed(void)
{
    return atomic_load_explicit(&preload.armed, memory_order_relaxed);
}

static bool
is_alone(void)
{
    return !atomic_load(&preload.company);
}

static uint64_t
virtual_ns(clockid_t clock)
{
    uint64_t elapsed = preload_elapsed_ns();
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
    case CLOCK_REALTIME_ALARM:
        return preload.world.base_ns + elapsed;
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
        return elapsed - atomic_load(&preload.slept_ns);
    default:
        return preload.world.monotonic_ns + elapsed;
    }
}

static struct timespec
to_timespec(uint64_t ns)
{
    struct timespec text = {(time_t)(ns / NS), (long)(ns % NS)};
    return text;
}

static uint64_t
to_ns(const struct timespec *time)
{
    return time->tv_sec < 0 ? 0 : (uint64_t)time->tv_sec * NS + (uint64_t)time->tv_nsec;
}

EXPORT int
clock_gettime(clockid_t clock, struct timespec *now)
{
    if (!is_armed()) {
        return (int)syscall(SYS_clock_gettime, clock, now);
    }
    preload_settle_read(false);
    if (clock == CLOCK_MONOTONIC) {
        pending_read = true;
    } else {
        touch_clock();
    }
    *now = to_timespec(virtual_ns(clock));
    return 0;
}

EXPORT int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    struct timespec exact;
    int failed = clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return failed;
}

EXPORT time_t
time(time_t *into)
{
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (into != NULL) {
        *into = exact.tv_sec;
    }
    return exact.tv_sec;
}

EXPORT clock_t
clock(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (clock_t)(to_ns(&used) / (NS / CLOCKS_PER_SEC));
}

EXPORT clock_t
times(struct tms *used)
{
    if (!is_armed()) {
        return (clock_t)syscall(SYS_times, used);
    }
    touch_clock();
    memset(used, 0, sizeof(*used));
    used->tms_utime = (clock_t)(virtual_ns(CLOCK_PROCESS_CPUTIME_ID) / (NS / 100));
    return (clock_t)(virtual_ns(CLOCK_MONOTONIC) / (NS / 100));
}

EXPORT int
getrusage(__rusage_who_t who, struct rusage *used)
{
    long failed = syscall(SYS_getrusage, who, used);
    if (failed == 0 && is_armed()) {
        uint64_t ns = virtual_ns(CLOCK_PROCESS_CPUTIME_ID);
        memset(used, 0, sizeof(*used));
        used->ru_utime.tv_sec = (time_t)(ns / NS);
        used->ru_utime.tv_usec = (suseconds_t)(ns % NS / 1000);
        touch_clock();
    }
    return (int)failed;
}

/* Nanoseconds from the virtual now to a deadline on a virtual clock; 0 where it is past. */
int64_t
preload_timeout_ns(const struct timespec *deadline)
{
    clockid_t clock = deadline->tv_sec >= WALL_CLOCK_FROM ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    uint64_t now = virtual_ns(clock);
    uint64_t at = to_ns(deadline);
    return at > now ? (int64_t)(at - now) : 0;
}

/* A plain sleep of so many virtual nanoseconds. */
static int
sleep_ns(uint64_t ns)
{
    touch_clock();
    preload_pass_ns(ns);
    if (is_alone()) {
        return 0;
    }
    struct timespec wait = to_timespec(ns);
    return syscall(SYS_nanosleep, &wait, NULL) == 0 ? 0 : EINTR;
}

EXPORT int
clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted, struct timespec *rest)
{
    if (!is_armed()) {
        return syscall(SYS_clock_nanosleep, clock, flags, wanted, rest) == 0 ? 0 : errno;
    }
    uint64_t ns = to_ns(wanted);
    if ((flags & TIMER_ABSTIME) != 0) {
        uint64_t now = virtual_ns(clock);
        ns = ns > now ? ns - now : 0;
    }
    return sleep_ns(ns);
}

EXPORT int
nanosleep(const struct timespec *wanted, struct timespec *rest)
{
    int code = clock_nanosleep(CLOCK_MONOTONIC, 0, wanted, rest);
    if (code != 0) {
        errno = code;
        return -1;
    }
    return 0;
}

EXPORT int
usleep(useconds_t microseconds)
{
    struct timespec wait = to_timespec((uint64_t)microseconds * 1000);
    return nanosleep(&wait, NULL);
}

EXPORT unsigned int
sleep(unsigned int seconds)
{
    struct timespec wait = {(time_t)seconds, 0};
    return nanosleep(&wait, NULL) == 0 ? 0 : seconds;
}
