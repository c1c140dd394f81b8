/* A second filter of system calls, over that of the container: what the container's runtime still needs to start it and
 * no program in it does. PID 1 puts it on itself before its first fork, so that a child has it from its first
 * instruction and none pays for it. Filters add up; no process can take one off. */
#include "harness.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the sandbox runs on x86-64 and arm64"
#endif
/* Numbers from here on are of the x32 interface; arm64 has none that large. */
#define X32_FIRST 0x40000000u

#define FAIL(error) (SECCOMP_RET_ERRNO | (error))
#define DENY(name) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (SYS_##name), 0, 1), \
        BPF_STMT(BPF_RET | BPF_K, FAIL(EPERM))
/* Succeeds, and does nothing. */
#define NOTHING(name) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (SYS_##name), 0, 1), \
        BPF_STMT(BPF_RET | BPF_K, FAIL(0))

static struct sock_filter program[] = {
    /* Calls in the manner of another architecture reach code of the kernel that nothing here uses. */
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, FAIL(ENOSYS)),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_FIRST, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, FAIL(ENOSYS)),
    /* The launcher fixed the addresses; the runtime chose user and groups. */
    DENY(personality),
    DENY(setuid),
    DENY(setgid),
    DENY(setreuid),
    DENY(setregid),
    DENY(setresuid),
    DENY(setresgid),
    DENY(setfsuid),
    DENY(setfsgid),
    DENY(setgroups),
    DENY(capset),
    /* A program is executed by its path; the runtime may do it by a descriptor. */
    DENY(execveat),
    /* Moving pages between pipes: code with a history of flaws that no library of Python calls. */
    DENY(tee),
    DENY(vmsplice),
    /* They write out the disks of the whole host; nothing of a sandbox is on them. */
    NOTHING(sync),
    NOTHING(syncfs),
    /* Of the internet's protocols two: the kernel loads its code for others when they are asked for. */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 7),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 5, 0),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 2, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, FAIL(EPROTONOSUPPORT)),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

/* Limits that count for all processes of one user on the host, and so are as large as the host's memory makes them: the
 * same on every host that has as much. */
static const struct {
    int resource;
    rlim_t value;
} user_limits[] = {{RLIMIT_NPROC, 32768}, {RLIMIT_SIGPENDING, 16384}};

static bool
limit_user(void)
{
    for (size_t i = 0; i < sizeof(user_limits) / sizeof(user_limits[0]); i++) {
        struct rlimit limit;
        if (getrlimit(user_limits[i].resource, &limit) != 0) {
            return false;
        }
        if (limit.rlim_max > user_limits[i].value) {
            limit.rlim_cur = limit.rlim_max = user_limits[i].value;
        }
        if (setrlimit(user_limits[i].resource, &limit) != 0) {
            return false;
        }
    }
    return true;
}

/* confine(): for PID 1. Raises OSError where the kernel takes no filter. That no privileges can be gained is the
 * container's business, which the probe has looked at by now; without it the kernel would take none. */
PyObject *
harness_confine(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    struct sock_fprog filter = {sizeof(program) / sizeof(program[0]), program};
    if (!limit_user() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}
