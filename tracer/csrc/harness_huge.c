/* Memory of PID 1 in huge pages, where the kernel has any. A fork copies one entry for 512 pages of its own memory, and a
 * child finds the interpreter's code without a fault for each 16 pages of it. No address changes. */
#define _GNU_SOURCE
#include "harness.h"
#include "harness_maps.h"
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#define HUGE_BYTES ((uintptr_t)2 << 20)
#define PAGE_BYTES 4096
/* The head of what is free in libc's heap, rounded up. */
#define HEAP_HEAD_BYTES 64
/* Nearly half of a huge page. */
#define EMPTY_PAGES_MIN 240

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
    for (size_t i = 0; i < harness_mapping_count; i++) {
        uintptr_t at = up(harness_mappings[i].start);
        for (; harness_mappings[i].is_own && at + HUGE_BYTES <= harness_mappings[i].end; at += HUGE_BYTES) {
            madvise((void *)at, HUGE_BYTES, MADV_COLLAPSE);
        }
    }
}

/* Moves a filled copy of huge pages to where the memory is that it is a copy of: the kernel puts the one in the place of
 * the other in one call, and no address changes. */
static void
take_place(uintptr_t start, uintptr_t end, int protection)
{
    size_t bytes = end - start;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    uint8_t *room = mmap(NULL, bytes + HUGE_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (room == MAP_FAILED) {
        return;
    }
    uint8_t *copy = (uint8_t *)up((uintptr_t)room);
    madvise(copy, bytes, MADV_HUGEPAGE);
    memcpy(copy, (const void *)start, bytes);
    bool is_huge = mprotect(copy, bytes, protection) == 0;
    for (size_t at = 0; is_huge && at < bytes; at += HUGE_BYTES) {
        is_huge = madvise(copy + at, HUGE_BYTES, MADV_COLLAPSE) == 0;
    }
    if (is_huge) {
        mremap(copy, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start);
    }
    munmap(room, bytes + HUGE_BYTES);
}

/* The huge pages that hold the interpreter's code and nothing that is written. Constants among the code become
 * executable, as whatever a program may map itself. */
static void
copy_code(void)
{
    struct mapping code = {0}, whole = {0};
    for (size_t i = 0; i < harness_mapping_count; i++) {
        const struct mapping *one = &harness_mappings[i];
        if (one->is_code) {
            code = *one;
        }
        if (one->is_read) {
            whole.start = one->start == whole.end ? whole.start : one->start;
            whole.end = one->end;
        }
        if (code.end != 0 && whole.end != one->end) {
            break;
        }
    }
    code.start = down(code.start) >= whole.start ? down(code.start) : up(code.start);
    code.end = up(code.end) <= whole.end ? up(code.end) : down(code.end);
    if (code.end > code.start) {
        take_place(code.start, code.end, PROT_READ | PROT_EXEC);
    }
}

/* What the interpreter's file has to write lies side by side with the heap, but in other mappings: a huge page that
 * begins in one and ends in another takes the place of all of them. */
static void
copy_data(void)
{
    uintptr_t from = 0;
    for (size_t i = 0; i < harness_mapping_count; i++) {
        const struct mapping *one = &harness_mappings[i];
        bool goes_on = i > 0 && one->start == one[-1].end && one[-1].is_data;
        if (one->is_data && !goes_on) {
            from = one->start;
        }
        uintptr_t start = down(one->start), end = up(one->start);
        if (one->is_data && goes_on && start != end && start >= from && end <= one->end) {
            take_place(start, end, PROT_READ | PROT_WRITE);
        }
    }
}

/* One mapping for all of the heap: libc asks for huge pages only where it has grown. */
static void
join_heap(void)
{
    for (size_t i = 0; i < harness_mapping_count; i++) {
        const struct mapping *one = &harness_mappings[i];
        if (one->is_own) {
            madvise((void *)one->start, one->end - one->start, MADV_HUGEPAGE);
        }
    }
}

static bool
is_next_of_file(const struct mapping *one)
{
    return one->path != NULL && one[-1].path != NULL && strcmp(one->path, one[-1].path) == 0
        && one->start == one[-1].end;
}

/* Of five mappings of a library two are left, which a fork copies and an end drops faster: constants, code and constants;
 * what the linker wrote before the first run and what is written later. Constants become executable, and what the linker
 * wrote can be written, as a program may have it anyway. */
static void
join_libraries(void)
{
    size_t count = 1;
    for (size_t i = 0; i < harness_mapping_count; i += count) {
        const struct mapping *first = &harness_mappings[i];
        count = 1;
        while (i + count < harness_mapping_count && is_next_of_file(first + count)
               && (first[count].is_constant || first[count].is_text)) {
            count += 1;
        }
        if (count < 3 || !first->is_constant || first->is_read) {
            continue;
        }
        const struct mapping *linked = first + count - 1;
        mprotect((void *)first->start, linked->start - first->start, PROT_READ | PROT_EXEC);
        mprotect((void *)linked->start, linked->end - linked->start, PROT_READ | PROT_WRITE);
    }
}

/* What a child takes of libc's heap before its program is loaded: the parser asks for that much. */
#define CHILD_HEAP_BYTES ((size_t)65536)
static uintptr_t child_heap;

/* Pages at the end of libc's heap, which each child fills: one call instead of a fault for each. */
void
harness_take_heap(void)
{
    madvise((void *)child_heap, CHILD_HEAP_BYTES, MADV_POPULATE_WRITE);
}

/* What is free behind the end of libc's heap holds what was there before. */
static void
clear_heap_top(void)
{
    uintptr_t end = (uintptr_t)sbrk(0);
    uintptr_t top = end - mallinfo2().keepcost + HEAP_HEAD_BYTES;
    memset((void *)top, 0, end - top);
    child_heap = (top + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1);
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

/* A fork copies an entry for each small page and an end drops it, 0.1 us together: for more than some 50 of them it is
 * cheaper that each child takes a huge page apart. One that is empty for the most part is kept as the small pages that
 * are used all the same, for their memory. */
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
    for (size_t i = 0; aside != MAP_FAILED && i < harness_mapping_count; i++) {
        uintptr_t at = harness_mappings[i].start, end = harness_mappings[i].end;
        while (harness_mappings[i].is_own && at < end) {
            uintptr_t next = down(at) + HUGE_BYTES < end ? down(at) + HUGE_BYTES : end;
            drop_empty(at, next, aside);
            at = next;
        }
    }
    if (aside != MAP_FAILED) {
        munmap(aside, HUGE_BYTES);
    }
}

/* Libraries as PID 1 read them while it came up: their pages stay in the kernel's cache of files, where a child finds
 * them whether PID 1 maps them or not, and count no more as memory that PID 1 holds. */
static void
let_libraries_go(void)
{
    for (size_t i = 0; i < harness_mapping_count; i++) {
        const struct mapping *one = &harness_mappings[i];
        if (one->path != NULL && one->is_text) {
            madvise((void *)one->start, one->end - one->start, MADV_DONTNEED);
        }
    }
}

/* keep_huge_pages(): what is mapped lies in huge pages and stays in them, and in few mappings. What children add comes in
 * small ones, which are filled with zeros faster and count for what they are. */
PyObject *
harness_keep_huge_pages(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    harness_read_mappings();
    join_libraries();
    join_heap();
    harness_read_mappings();
    collapse_own_memory();
    copy_code();
    copy_data();
    harness_read_mappings();
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    clear_heap_top();
    drop_empty_memory();
    let_libraries_go();
    harness_forget_mappings();
    Py_RETURN_NONE;
}
