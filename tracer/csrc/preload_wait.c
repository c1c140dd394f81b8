/* Waits with a timeout: on descriptors, semaphores and conditions. What is ready is told at once; a timeout passes on
 * the virtual clock, and really only where threads or processes may need the time. */
#define _GNU_SOURCE
#include "preload_internal.h"
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define MS 1000000ull

/* Whether a wait of this process has nobody to wait for. */
static bool
passes_at_once(void)
{
    return atomic_load(&preload.armed) && !atomic_load(&preload.company);
}

static void
passed_ms(int timeout_ms)
{
    if (timeout_ms > 0 && atomic_load(&preload.armed)) {
        preload_pass_ns((uint64_t)timeout_ms * MS);
    }
}

EXPORT int
poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    int real_ms = timeout_ms > 0 && passes_at_once() ? 0 : timeout_ms;
    int ready = (int)syscall(SYS_poll, fds, count, real_ms);
    if (ready == 0) {
        passed_ms(timeout_ms);
    }
    return ready;
}

EXPORT int
epoll_wait(int fd, struct epoll_event *events, int count, int timeout_ms)
{
    int real_ms = timeout_ms > 0 && passes_at_once() ? 0 : timeout_ms;
    int ready = (int)syscall(SYS_epoll_pwait, fd, events, count, real_ms, NULL, 8);
    if (ready == 0) {
        passed_ms(timeout_ms);
    }
    return ready;
}

EXPORT int
select(int count, fd_set *restrict in, fd_set *restrict out, fd_set *restrict odd,
       struct timeval *restrict timeout)
{
    struct timespec wait = {0, 0};
    uint64_t wanted_ns = 0;
    if (timeout != NULL) {
        wanted_ns = (uint64_t)timeout->tv_sec * 1000 * MS + (uint64_t)timeout->tv_usec * 1000;
        if (!passes_at_once()) {
            wait.tv_sec = timeout->tv_sec;
            wait.tv_nsec = timeout->tv_usec * 1000;
        }
    }
    int ready = (int)syscall(SYS_pselect6, count, in, out, odd, timeout == NULL ? NULL : &wait, NULL);
    if (ready == 0 && atomic_load(&preload.armed)) {
        preload_pass_ns(wanted_ns);
    }
    return ready;
}

static int (*real_sem_wait)(sem_t *);
static int (*real_sem_trywait)(sem_t *);

__attribute__((constructor)) static void
find_real(void)
{
    real_sem_wait = (int (*)(sem_t *))dlsym(RTLD_NEXT, "sem_wait");
    real_sem_trywait = (int (*)(sem_t *))dlsym(RTLD_NEXT, "sem_trywait");
}

EXPORT int
sem_wait(sem_t *semaphore)
{
    preload_settle_read(true);
    return real_sem_wait(semaphore);
}

EXPORT int
sem_trywait(sem_t *semaphore)
{
    preload_settle_read(true);
    return real_sem_trywait(semaphore);
}

static struct timespec
real_deadline(int64_t ns)
{
    int64_t at = preload_real_ns(CLOCK_MONOTONIC) + ns;
    struct timespec deadline = {(time_t)(at / 1000000000), (long)(at % 1000000000)};
    return deadline;
}

/* libc has sem_clockwait only by its public name, which is ours here; a wait is made of tries and naps instead. */
static int
wait_semaphore(sem_t *semaphore, int64_t ns)
{
    if (real_sem_trywait(semaphore) == 0) {
        return 0;
    }
    if (!passes_at_once()) {
        int64_t until = preload_real_ns(CLOCK_MONOTONIC) + ns;
        while (preload_real_ns(CLOCK_MONOTONIC) < until) {
            struct timespec nap = {0, 500000};
            if (syscall(SYS_nanosleep, &nap, NULL) != 0) {
                errno = EINTR;
                return -1;
            }
            if (real_sem_trywait(semaphore) == 0) {
                return 0;
            }
        }
    }
    preload_pass_ns((uint64_t)ns);
    errno = ETIMEDOUT;
    return -1;
}

static int64_t
unarmed_timeout_ns(clockid_t clock, const struct timespec *deadline)
{
    return (int64_t)deadline->tv_sec * 1000000000 + deadline->tv_nsec - preload_real_ns(clock);
}

EXPORT int
sem_clockwait(sem_t *restrict semaphore, clockid_t clock, const struct timespec *restrict deadline)
{
    bool armed = atomic_load(&preload.armed);
    preload_settle_read(true);
    int64_t ns = armed ? preload_timeout_ns(deadline) : unarmed_timeout_ns(clock, deadline);
    return wait_semaphore(semaphore, ns > 0 ? ns : 0);
}

EXPORT int
sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict deadline)
{
    return sem_clockwait(semaphore, CLOCK_REALTIME, deadline);
}

/* The interpreter's own lock waits here between threads: the time is real and no virtual time passes. */
EXPORT int
pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                       const struct timespec *restrict deadline)
{
    if (!atomic_load(&preload.armed)) {
        clockid_t clock = deadline->tv_sec < 100000000 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
        return pthread_cond_clockwait(condition, mutex, clock, deadline);
    }
    struct timespec real = real_deadline(preload_timeout_ns(deadline));
    return pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, &real);
}
