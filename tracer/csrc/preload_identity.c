/* Numbers that the kernel gives by chance, as far as Python code sees them: process, group, kernel release. */
#define _GNU_SOURCE
#include "preload_internal.h"
#include <dlfcn.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
/* What a program that is alone in a fresh container would see. */
#define FIXED_PID 2

static bool
is_home(int pid)
{
    return atomic_load(&preload.armed) && pid == preload.home_pid;
}

static pid_t
shown(long pid)
{
    return is_home((int)pid) ? FIXED_PID : (pid_t)pid;
}

/* The other way: the shown number means the child, unless some process really has it. */
static pid_t
meant(pid_t pid)
{
    return atomic_load(&preload.armed) && pid == FIXED_PID ? preload.home_pid : pid;
}

EXPORT pid_t
getpid(void)
{
    return shown(syscall(SYS_getpid));
}

EXPORT pid_t
gettid(void)
{
    return (pid_t)syscall(SYS_gettid);
}

typedef long (*syscall_function)(long number, long a, long b, long c, long d, long e, long f);

/* CPython asks for the number of a thread and for chance by their call numbers. The first thread has that of its process. */
EXPORT long
syscall(long number, ...)
{
    static _Atomic(syscall_function) next;
    syscall_function call = atomic_load(&next);
    if (call == NULL) {
        call = (syscall_function)dlsym(RTLD_NEXT, "syscall");
        atomic_store(&next, call);
    }
    long rest[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++) {
        rest[i] = va_arg(list, long);
    }
    va_end(list);
    if (number == SYS_getrandom && atomic_load(&preload.armed)) {
        return getrandom((void *)rest[0], (size_t)rest[1], (unsigned int)rest[2]);
    }
    long result = call(number, rest[0], rest[1], rest[2], rest[3], rest[4], rest[5]);
    bool is_first = number == SYS_gettid && atomic_load(&preload.armed)
        && result == preload.home_tid;
    return is_first ? FIXED_PID : result;
}

EXPORT pid_t
getppid(void)
{
    return shown(syscall(SYS_getppid));
}

EXPORT pid_t
getpgrp(void)
{
    return shown(syscall(SYS_getpgid, 0));
}

EXPORT pid_t
getpgid(pid_t pid)
{
    return shown(syscall(SYS_getpgid, meant(pid)));
}

EXPORT pid_t
getsid(pid_t pid)
{
    return shown(syscall(SYS_getsid, meant(pid)));
}

EXPORT int
kill(pid_t pid, int number)
{
    pid_t target = pid < -1 ? -meant(-pid) : meant(pid);
    return (int)syscall(SYS_kill, target, number);
}

EXPORT int
killpg(pid_t group, int number)
{
    return kill(group == 0 ? 0 : -group, number);
}

EXPORT int
uname(struct utsname *facts)
{
    int failed = (int)syscall(SYS_uname, facts);
    if (failed == 0 && atomic_load(&preload.armed)) {
        strcpy(facts->release, "6.1.0");
        strcpy(facts->version, "#1 SMP");
    }
    return failed;
}
