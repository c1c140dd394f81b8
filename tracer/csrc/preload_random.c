/* Randomness of the kernel, replaced by a generator that the invocation's id seeds (xoshiro256**). */
#define _GNU_SOURCE
#include "preload_internal.h"
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* What a program finds in /dev/urandom before it ends; readers take a few bytes. */
#define DEVICE_BYTES (256 * 1024)

static uint64_t state[4];

static uint64_t
rotate(uint64_t value, int by)
{
    return (value << by) | (value >> (64 - by));
}

static uint64_t
next_word(void)
{
    uint64_t result = rotate(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 45);
    return result;
}

void
preload_random_seed(void)
{
    memcpy(state, preload.world.seed, sizeof(state));
    /* All zero is the one state that the generator cannot leave. */
    state[0] |= 1;
}

EXPORT ssize_t
getrandom(void *into, size_t length, unsigned int flags)
{
    if (!atomic_load(&preload.armed)) {
        return syscall(SYS_getrandom, into, length, flags);
    }
    atomic_fetch_or(preload.world.touched, preload.world.random_bit);
    uint8_t *at = into;
    for (size_t done = 0; done < length;) {
        uint64_t word = next_word();
        size_t part = length - done < sizeof(word) ? length - done : sizeof(word);
        memcpy(at + done, &word, part);
        done += part;
    }
    return (ssize_t)length;
}

EXPORT int
getentropy(void *into, size_t length)
{
    return getrandom(into, length, 0) < 0 ? -1 : 0;
}

/* A file of seeded bytes in place of the kernel's device. */
static int
open_device(void)
{
    int fd = (int)syscall(SYS_memfd_create, "urandom", 1u /* close on exec, as CPython opens files */);
    uint8_t chunk[4096];
    for (int done = 0; fd >= 0 && done < DEVICE_BYTES; done += (int)sizeof(chunk)) {
        getrandom(chunk, sizeof(chunk), 0);
        if (pwrite(fd, chunk, sizeof(chunk), done) != (ssize_t)sizeof(chunk)) {
            close(fd);
            return -1;
        }
    }
    return fd;
}

static int
open_any(int folder, const char *path, int flags, mode_t mode)
{
    bool device = strcmp(path, "/dev/urandom") == 0 || strcmp(path, "/dev/random") == 0;
    if (device && atomic_load(&preload.armed) && (flags & O_ACCMODE) == O_RDONLY) {
        return open_device();
    }
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

EXPORT int
open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = __OPEN_NEEDS_MODE(flags) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_any(AT_FDCWD, path, flags, mode);
}

EXPORT int
open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = __OPEN_NEEDS_MODE(flags) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_any(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}
