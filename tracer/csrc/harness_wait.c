/* Waiting for the child: back-stops of time, ticks that tell a frozen sandbox, and who ended what. */
#define _GNU_SOURCE
#include "harness.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 100
/* Answers that are held go out when the child takes longer than this. */
#define HOLD_MS 3

/* A child is ended so far below the limit of the container's memory. The kernel would choose whom it ends: with what lies in
 * files and sockets, which is nobody's, that could be PID 1. */
#define MEMORY_MARGIN_BYTES (64ll << 20)
/* Where more than half is used: a processor fills less than the margin meanwhile. */
#define FULL_TICK_MS 10

/* Counter of the kernel's out-of-memory kills in this container; -1 where the host shows none. */
static int oom_fd = -1;
/* What the container uses; -1 where the host does not show it. */
static int usage_fd = -1;
static int64_t usage_max = INT64_MAX;
static bool was_full; /* more than half was used while the last child ran */

/* PID 1 reads the kernel's clocks itself: the preloaded library serves children. */
static int64_t
clock_ms(clockid_t clock)
{
    struct timespec now = {0, 0};
    if (syscall(SYS_clock_gettime, clock, &now) != 0) {
        return -1;
    }
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
harness_now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

static int64_t
child_cpu_ms(int pid)
{
    /* The kernel's encoding of "CPU time of that process, scheduler's precision" (MAKE_PROCESS_CPUCLOCK). */
    return clock_ms((clockid_t)((~(unsigned int)pid << 3) | 2u));
}

void
harness_memory_watch(void)
{
    static const char v1[] = "/sys/fs/cgroup/memory/memory.limit_in_bytes";
    oom_fd = harness_open_high("/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events");
    usage_fd = harness_open_high("/sys/fs/cgroup/memory/memory.usage_in_bytes", "/sys/fs/cgroup/memory.current");
    int fd = harness_open_high(v1, "/sys/fs/cgroup/memory.max");
    int64_t limit = harness_number_in(fd, "");
    close(fd);
    usage_max = limit > 2 * MEMORY_MARGIN_BYTES ? limit - MEMORY_MARGIN_BYTES : INT64_MAX;
}

/* After a child and all that it left: whether more than half is used still. The kernel keeps what it found out of files, for one,
 * and lets go of it when memory is short; the next child would be ended for it. */
bool
harness_memory_is_left(void)
{
    return was_full && harness_number_in(usage_fd, "") > usage_max / 2;
}

static int64_t
oom_kills(void)
{
    int64_t count = harness_number_in(oom_fd, "oom_kill ");
    return count > 0 ? count : 0;
}

static void
ignore_signal(int Py_UNUSED(number))
{
}

/* Sleeps until a child ends, the host hangs up or the time is over. False where the host is gone. */
static bool
sleep_until(int host_fd, int64_t ms, const sigset_t *awake)
{
    /* Not for bytes: the next request may be there already, and stays in the pipe until this child has ended. */
    struct pollfd host = {.fd = host_fd, .events = POLLRDHUP};
    struct timespec wait = {ms / 1000, (ms % 1000) * 1000000};
    return ppoll(&host, 1, &wait, awake) <= 0 || host.revents == 0;
}

static void
record_end(int status, const struct rusage *used, const struct request_head *head,
           struct result *result)
{
    result->cpu_ms = (uint32_t)(used->ru_utime.tv_sec * 1000 + used->ru_utime.tv_usec / 1000
                                + used->ru_stime.tv_sec * 1000 + used->ru_stime.tv_usec / 1000);
    if (WIFEXITED(status)) {
        result->exit_code = WEXITSTATUS(status);
    } else {
        result->signal = WTERMSIG(status);
        bool by_limit = result->signal == SIGXCPU || result->signal == SIGKILL;
        if (result->killer == KILLER_NONE && by_limit && result->cpu_ms >= head->cpu_ms) {
            result->killer = KILLER_CPU;
        }
    }
}

/* Whether the child's first thread runs or waits for a processor; unknown counts as running. */
static bool
is_runnable(int pid)
{
    char path[32] = "/proc/", text[512];
    char digits[12];
    int count = 0;
    size_t at = strlen(path);
    do {
        digits[count++] = (char)('0' + pid % 10);
        pid /= 10;
    } while (pid > 0);
    while (count > 0) {
        path[at++] = digits[--count];
    }
    strcpy(path + at, "/stat");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    harness_read_text(fd, text, sizeof(text));
    if (fd >= 0) {
        close(fd);
    }
    const char *after_name = strrchr(text, ')');
    return after_name == NULL || after_name[1] == '\0' || after_name[2] == 'R';
}

struct watch {
    int pid;
    const struct request_head *head;
    int64_t started;
    int64_t tick_ms;
    int64_t next_tick;
    int64_t cpu_ms;
    int64_t idle_ms;
    int64_t usage;
};

/* One look at the clocks: counts a tick where one is due, and ends the child where a limit is passed. */
static void
look(struct watch *watch, struct result *result)
{
    int64_t now = harness_now_ms();
    int64_t cpu = child_cpu_ms(watch->pid);
    if (now >= watch->next_tick) {
        result->ticks += 1;
        /* A throttled child is runnable and does not count as idle, however long it waits. */
        if (cpu == watch->cpu_ms && !is_runnable(watch->pid)) {
            watch->idle_ms += watch->tick_ms;
        }
        watch->cpu_ms = cpu;
        watch->next_tick = now + watch->tick_ms;
    }
    if (result->killer != KILLER_NONE) {
        return;
    }
    watch->usage = harness_number_in(usage_fd, "");
    if (watch->usage > usage_max) {
        result->killer = KILLER_MEMORY;
    } else if (now - watch->started >= watch->head->wall_ms || watch->idle_ms >= watch->head->idle_ms) {
        result->killer = KILLER_WALL;
    } else if (cpu >= watch->head->cpu_ms) {
        result->killer = KILLER_CPU;
    }
    if (result->killer != KILLER_NONE) {
        kill(watch->pid, SIGKILL);
    }
}

/* Sleeps until a child ends or there is something to do; sends what was held once the child takes its time. False where the
 * host is gone. */
static bool
rest(const struct watch *watch, const int host[2], const sigset_t *awake)
{
    int64_t now = harness_now_ms();
    int64_t nap = watch->next_tick > now ? watch->next_tick - now : 1;
    if (watch->usage > usage_max / 2 && nap > FULL_TICK_MS) {
        nap = FULL_TICK_MS;
    }
    bool holds = harness_holds_answers();
    if (holds && now - watch->started >= HOLD_MS) {
        return harness_flush(host[1]);
    }
    return sleep_until(host[0], holds ? Py_MIN(nap, HOLD_MS) : nap, awake);
}

void
harness_wait_child(int pid, const struct request_head *head, const int host[2],
                   struct result *result)
{
    sigset_t child_only, before;
    sigemptyset(&child_only);
    sigaddset(&child_only, SIGCHLD);
    struct sigaction wake = {.sa_handler = ignore_signal};
    sigaction(SIGCHLD, &wake, NULL);
    sigprocmask(SIG_BLOCK, &child_only, &before);
    int64_t started = harness_now_ms();
    int64_t oom_before = oom_kills();
    int64_t tick_ms = head->idle_ms < 10 * TICK_MS ? (head->idle_ms + 9) / 10 : TICK_MS;
    struct watch watch = {pid, head, started, tick_ms, started + tick_ms, -1, 0, 0};
    struct rusage used;
    int status = 0;
    while (wait4(pid, &status, WNOHANG, &used) != pid) {
        look(&watch, result);
        if (!rest(&watch, host, &before)) {
            _exit(0);
        }
    }
    was_full = watch.usage > usage_max / 2;
    int64_t wall = harness_now_ms() - started;
    sigprocmask(SIG_SETMASK, &before, NULL);
    result->wall_ms = (uint32_t)wall;
    record_end(status, &used, head, result);
    if (result->killer == KILLER_NONE && result->signal == SIGKILL && oom_kills() > oom_before) {
        result->killer = KILLER_MEMORY;
    }
    bool by_time = result->killer == KILLER_WALL || result->killer == KILLER_CPU;
    if (by_time && (int64_t)result->ticks * tick_ms * 2 < wall) {
        result->flags |= FLAG_STARVED;
    }
}
