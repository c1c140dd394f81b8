/* What a forked child does before any text of the user is touched, and how it commits records and stops. */
#define _GNU_SOURCE
#include "harness.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_FILES_MAX 256
/* PID 1 must get its turns among as many processes as a child can make: its ticks tell whether the host froze. */
#define CHILD_NICENESS 19
/* Seconds after which the kernel itself ends a process that PID 1 did not stop in time. */
#define CPU_SLACK_SECONDS 5

static bool
limit(int what, uint64_t value)
{
    struct rlimit pair = {value, value};
    return setrlimit(what, &pair) == 0;
}

static bool
set_limits(const struct request_head *head)
{
    uint64_t cpu_seconds = (head->cpu_ms + 999) / 1000 + CPU_SLACK_SECONDS;
    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, FILE_MAX_BYTES)
        && limit(RLIMIT_NOFILE, OPEN_FILES_MAX) && limit(RLIMIT_MSGQUEUE, 0)
        && limit(RLIMIT_MEMLOCK, 0) && limit(RLIMIT_CPU, cpu_seconds)
        && limit(RLIMIT_DATA, head->memory_bytes);
}

/* The kernel's first choice when memory runs out, before PID 1. Only what is dumpable may write that of itself; a child is
 * not, as PID 1 is not: neither it nor what it forks or executes can take this back, open its memory as a file, or have
 * a core handler of the host called. */
static void
volunteer_for_oom(void)
{
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t n = write(fd, "1000", 4);
        (void)n;
        close(fd);
    }
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void
default_signals(void)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;
    /* The only handler of PID 1 as init of its namespace. */
    sigaction(SIGCHLD, &plain, NULL);
    for (int number = 1; number < NSIG && !harness.is_init; number++) {
        if (number != SIGPIPE && number != SIGXFSZ) {
            sigaction(number, &plain, NULL);
        }
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

bool
harness_become_child(const struct request_head *head, const int raw[2], int stdin_fd)
{
    harness.in_child = true;
    harness.command = (int)head->command;
    harness.stream_limit = head->stream_bytes;
    harness.end_limit = head->end_bytes;
    harness.fuel_limit = head->fuel;
    harness.output_limit = head->output_bytes;
    harness_take_heap();
    default_signals();
    setsid();
    setpriority(PRIO_PROCESS, 0, CHILD_NICENESS);
    volunteer_for_oom();
    for (int i = 0; i < 2; i++) {
        harness.raw_fd[i] = fcntl(raw[i], F_DUPFD_CLOEXEC, PRIVATE_FD);
        if (harness.raw_fd[i] < 0 || dup2(raw[i], 1 + i) < 0) {
            return false;
        }
        close(raw[i]);
    }
    if (dup2(stdin_fd, 0) < 0 || lseek(0, 0, SEEK_SET) < 0) {
        return false;
    }
    close(stdin_fd);
    umask(022);
    return chdir("/tmp") == 0 && set_limits(head);
}

/* Runs in every process that libc forks. The first is the child itself; those that the program makes go on without the
 * stream, which has one writer, and with a budget of their own. */
static void
after_fork(void)
{
    if (!harness.in_child) {
        return;
    }
    if (!harness.detached) {
        harness.detached_fuel = 0;
    }
    harness.detached = true;
    /* Not released: this runs inside fork, where no Python code may. */
    harness.output = NULL;
    harness_core.output = NULL;
    harness_audit_detach();
}

void
harness_watch_forks(void)
{
    pthread_atfork(NULL, NULL, after_fork);
}

/* Ends the child with a marker; never raises into the program, never runs a handler of it. */
_Noreturn void
harness_stop(uint32_t marker)
{
    uint32_t none = MARKER_NONE;
    if (harness.detached) {
        _exit(0);
    }
    harness_audit_settle();
    atomic_compare_exchange_strong(&harness.region->marker, &none, marker);
    _exit(0);
}

static PyObject *
commit(PyObject *record, uint64_t limit_bytes)
{
    char *bytes;
    Py_ssize_t length;
    if (!harness.in_child) {
        PyErr_SetString(PyExc_RuntimeError, "there is no stream outside a child");
        return NULL;
    }
    if (PyBytes_AsStringAndSize(record, &bytes, &length) < 0) {
        return NULL;
    }
    if (harness.detached) {
        Py_RETURN_NONE;
    }
    uint64_t at = atomic_load_explicit(&harness.region->committed, memory_order_relaxed);
    if (at > limit_bytes || (uint64_t)length > limit_bytes - at) {
        harness_stop(MARKER_TRACE_BYTES);
    }
    memcpy(harness.region->data + at, bytes, (size_t)length);
    atomic_store_explicit(&harness.region->committed, at + (uint64_t)length, memory_order_release);
    Py_RETURN_NONE;
}

/* append(record): commits a whole record; ends the child with marker trace-bytes where it does not fit. The first one is
 * the header. */
PyObject *
harness_append(PyObject *Py_UNUSED(module), PyObject *record)
{
    if (atomic_load_explicit(&harness.region->committed, memory_order_relaxed) == 0) {
        harness.header_bytes = (uint64_t)PyBytes_Size(record);
        return commit(record, REGION_HEADER_MAX);
    }
    return commit(record, harness.stream_limit + harness.header_bytes);
}

/* append_end(record): the end record has its own room, the same in both roles and however long the trace is. */
PyObject *
harness_append_end(PyObject *Py_UNUSED(module), PyObject *record)
{
    uint64_t at = atomic_load_explicit(&harness.region->committed, memory_order_relaxed);
    return commit(record, at + harness.end_limit - REGION_HEADER_MAX);
}

/* stop(name): ends the child; a name that is not known ends it as vanished. */
PyObject *
harness_stop_named(PyObject *Py_UNUSED(module), PyObject *name)
{
    static const struct {
        const char *name;
        uint32_t marker;
    } known[] = {
        {"events", MARKER_EVENTS},         {"fuel", MARKER_FUEL},
        {"trace-bytes", MARKER_TRACE_BYTES}, {"output-bytes", MARKER_OUTPUT_BYTES},
        {"memory", MARKER_MEMORY},
    };
    const char *text = PyUnicode_AsUTF8(name);
    if (text == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(text, known[i].name) == 0) {
            harness_stop(known[i].marker);
        }
    }
    harness_stop(MARKER_NONE);
}
