/* Where the interpreter's arenas lie until the first child is armed: side by side in one region of huge pages. What PID
 * 1 has in huge pages a fork copies by one entry for 512 pages, and a child finds with fewer looks at page tables. Where
 * the kernel has no huge pages these are small ones, and nothing else changes. */
#define _GNU_SOURCE
#include "preload_internal.h"
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* ARENA_SIZE of CPython, and the huge page of x86-64 and of arm64 with small pages of 4 KiB. */
#define ARENA_BYTES (1u << 20)
#define HUGE_BYTES (2u << 20)
/* PID 1 took 11 arenas where it was measured; beyond the region they lie where the kernel puts them. */
#define REGION_BYTES (64u << 20)

static uint8_t *next_arena;
static uint8_t *region_end;

static void *
kernel_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    return (void *)syscall(SYS_mmap, at, bytes, protection, flags, fd, offset);
}

/* Address space only: it becomes memory, and counts as such, two arenas at a time. */
static void
reserve_region(void)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    uint8_t *at = kernel_mmap(NULL, REGION_BYTES + HUGE_BYTES, PROT_NONE, flags, -1, 0);
    if (at == MAP_FAILED) {
        return;
    }
    uintptr_t aligned = ((uintptr_t)at + HUGE_BYTES - 1) & ~(uintptr_t)(HUGE_BYTES - 1);
    next_arena = (uint8_t *)aligned;
    region_end = next_arena + REGION_BYTES;
}

/* NULL where there is no room. PID 1 has one thread when it asks. */
static void *
place_arena(void)
{
    if (region_end == NULL) {
        reserve_region();
    }
    if (next_arena == region_end) {
        return NULL;
    }
    if ((uintptr_t)next_arena % HUGE_BYTES == 0) {
        if (mprotect(next_arena, HUGE_BYTES, PROT_READ | PROT_WRITE) != 0) {
            return NULL;
        }
        madvise(next_arena, HUGE_BYTES, MADV_HUGEPAGE);
    }
    uint8_t *arena = next_arena;
    next_arena += ARENA_BYTES;
    return arena;
}

EXPORT void *
mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    bool is_arena = at == NULL && bytes == ARENA_BYTES && fd == -1
        && protection == (PROT_READ | PROT_WRITE) && flags == (MAP_PRIVATE | MAP_ANONYMOUS);
    void *arena = is_arena && !atomic_load(&preload.armed) ? place_arena() : NULL;
    return arena != NULL ? arena : kernel_mmap(at, bytes, protection, flags, fd, offset);
}

EXPORT void *
mmap64(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    return mmap(at, bytes, protection, flags, fd, offset);
}
