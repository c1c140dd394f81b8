/* Memory of PID 1 in huge pages, where the kernel has any. A fork copies one entry for 512 pages of its own memory, and a
 * child finds the interpreter's code without a fault for each 16 pages of it. No address changes. */
#define _GNU_SOURCE
#include "harness.h"
#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#define HUGE_BYTES ((uintptr_t)2 << 20)
#define MAPS_BYTES 65536
#define MAPPINGS_MAX 512
#define PAGE_BYTES 4096
/* The head of what is free in libc's heap, rounded up. */
#define HEAP_HEAD_BYTES 64
/* An eighth of a huge page. */
#define EMPTY_PAGES_MIN 64

struct mapping {
    uintptr_t start, end;
    bool is_own;  /* memory of no file, but the stack: the heap and the interpreter's arenas */
    bool is_code; /* what the interpreter's file has to execute */
    bool is_read; /* what it has to read or execute */
};

static struct mapping mappings[MAPPINGS_MAX];
static size_t mapping_count;

static uintptr_t
read_hex(const char **at)
{
    uintptr_t value = 0;
    for (; **at != '\0' && strchr("0123456789abcdef", **at) != NULL; ++*at) {
        value = value * 16 + (uintptr_t)(**at <= '9' ? **at - '0' : **at - 'a' + 10);
    }
    return value;
}

/* A line of /proc/self/maps, without its end. */
static void
add_mapping(const char *line, const char *program)
{
    struct mapping *found = &mappings[mapping_count++];
    const char *at = line;
    found->start = read_hex(&at);
    at += *at == '-';
    found->end = read_hex(&at);
    const char *path = strpbrk(line, "/[");
    bool is_program = path != NULL && strcmp(path, program) == 0;
    found->is_own = strncmp(at, " rw-p ", 6) == 0 && (path == NULL || strcmp(path, "[heap]") == 0);
    found->is_code = is_program && strncmp(at, " r-xp ", 6) == 0;
    found->is_read = found->is_code || (is_program && strncmp(at, " r--p ", 6) == 0);
}

static void
read_mappings(void)
{
    static char maps[MAPS_BYTES], program[256];
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    size_t filled = 0;
    ssize_t n = 1;
    while (fd >= 0 && n > 0 && filled < sizeof(maps) - 1) {
        n = read(fd, maps + filled, sizeof(maps) - 1 - filled);
        filled += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    n = readlink("/proc/self/exe", program, sizeof(program) - 1);
    program[n > 0 ? n : 0] = '\0';
    mapping_count = 0;
    char *end = strchr(maps, '\n');
    for (char *line = maps; end != NULL && mapping_count < MAPPINGS_MAX; end = strchr(line, '\n')) {
        *end = '\0';
        add_mapping(line, program);
        line = end + 1;
    }
    memset(maps, 0, filled);
}

static uintptr_t
down(uintptr_t address)
{
    return address & ~(HUGE_BYTES - 1);
}

static uintptr_t
up(uintptr_t address)
{
    return down(address + HUGE_BYTES - 1);
}

/* A page that PID 1 wrote while a process that it had forked was still there took its huge page apart. */
static void
collapse_own_memory(void)
{
    for (size_t i = 0; i < mapping_count; i++) {
        uintptr_t at = up(mappings[i].start);
        for (; mappings[i].is_own && at + HUGE_BYTES <= mappings[i].end; at += HUGE_BYTES) {
            madvise((void *)at, HUGE_BYTES, MADV_COLLAPSE);
        }
    }
}

/* The huge pages that hold the interpreter's code and nothing that is written; empty where there are none. */
static struct mapping
code_range(void)
{
    struct mapping code = {0}, whole = {0};
    for (size_t i = 0; i < mapping_count; i++) {
        if (mappings[i].is_code) {
            code = mappings[i];
        }
        if (mappings[i].is_read) {
            whole.start = mappings[i].start == whole.end ? whole.start : mappings[i].start;
            whole.end = mappings[i].end;
        }
        if (code.end != 0 && whole.end != mappings[i].end) {
            break;
        }
    }
    code.start = down(code.start) >= whole.start ? down(code.start) : up(code.start);
    code.end = up(code.end) <= whole.end ? up(code.end) : down(code.end);
    return code;
}

/* A copy takes the place of the file's pages, in one call of the kernel. Constants among the code become executable, as
 * whatever a program may map itself. */
static void
copy_code(void)
{
    struct mapping code = code_range();
    size_t bytes = code.end > code.start ? code.end - code.start : 0;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    uint8_t *room = bytes == 0
        ? MAP_FAILED
        : mmap(NULL, bytes + HUGE_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (room == MAP_FAILED) {
        return;
    }
    uint8_t *copy = (uint8_t *)up((uintptr_t)room);
    madvise(copy, bytes, MADV_HUGEPAGE);
    memcpy(copy, (const void *)code.start, bytes);
    bool is_huge = mprotect(copy, bytes, PROT_READ | PROT_EXEC) == 0;
    for (size_t at = 0; is_huge && at < bytes; at += HUGE_BYTES) {
        is_huge = madvise(copy + at, HUGE_BYTES, MADV_COLLAPSE) == 0;
    }
    if (is_huge) {
        mremap(copy, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)code.start);
    }
    munmap(room, bytes + HUGE_BYTES);
}

/* What is free behind the end of libc's heap holds what was there before. */
static void
clear_heap_top(void)
{
    uintptr_t end = (uintptr_t)sbrk(0);
    uintptr_t top = end - mallinfo2().keepcost + HEAP_HEAD_BYTES;
    memset((void *)top, 0, end - top);
}

static bool
is_empty(uintptr_t page)
{
    const uint64_t *words = (const uint64_t *)page;
    size_t at = 0;
    while (at < PAGE_BYTES / sizeof(*words) && words[at] == 0) {
        at += 1;
    }
    return at == PAGE_BYTES / sizeof(*words);
}

static size_t
empty_pages(uintptr_t start, uintptr_t end)
{
    size_t count = 0;
    for (uintptr_t page = start; page < end; page += PAGE_BYTES) {
        count += is_empty(page);
    }
    return count;
}

/* A huge page that children write to is taken apart by each of them: one that is largely empty, which is where they make
 * their objects, is better kept as the small pages that are used. */
static void
take_apart(uintptr_t start, uint8_t *aside)
{
    memcpy(aside, (const void *)start, HUGE_BYTES);
    if (madvise((void *)start, HUGE_BYTES, MADV_DONTNEED) != 0) {
        return;
    }
    for (size_t at = 0; at < HUGE_BYTES; at += PAGE_BYTES) {
        if (!is_empty((uintptr_t)aside + at)) {
            memcpy((void *)(start + at), aside + at, PAGE_BYTES);
        }
    }
}

static void
drop_empty(uintptr_t start, uintptr_t end, uint8_t *aside)
{
    if (end - start == HUGE_BYTES) {
        if (empty_pages(start, end) >= EMPTY_PAGES_MIN) {
            take_apart(start, aside);
        }
        return;
    }
    for (uintptr_t page = start; page < end; page += PAGE_BYTES) {
        if (is_empty(page)) {
            madvise((void *)page, PAGE_BYTES, MADV_DONTNEED);
        }
    }
}

/* Memory that holds nothing but zeros is given back: it reads the same. Nothing here may use any heap. */
static void
drop_empty_memory(void)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    void *aside = mmap(NULL, HUGE_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);
    for (size_t i = 0; aside != MAP_FAILED && i < mapping_count; i++) {
        uintptr_t at = mappings[i].start, end = mappings[i].end;
        while (mappings[i].is_own && at < end) {
            uintptr_t next = down(at) + HUGE_BYTES < end ? down(at) + HUGE_BYTES : end;
            drop_empty(at, next, aside);
            at = next;
        }
    }
    if (aside != MAP_FAILED) {
        munmap(aside, HUGE_BYTES);
    }
}

/* keep_huge_pages(): what is mapped lies in huge pages and stays in them. What children add comes in small ones, which are
 * filled with zeros faster and count for what they are. */
PyObject *
harness_keep_huge_pages(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    read_mappings();
    collapse_own_memory();
    copy_code();
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    clear_heap_top();
    drop_empty_memory();
    memset(mappings, 0, sizeof(mappings));
    Py_RETURN_NONE;
}
