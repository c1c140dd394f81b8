/* Where this module lies. Builds of it differ by a page or two, as their profiles do (profiled.py), and the kernel puts
 * what is mapped later below it: identities of a program's objects would tell one build from another. So it takes the
 * same room whatever its size. */
#define _GNU_SOURCE
#include "core.h"
#include <link.h>
#include <sys/mman.h>

#define PAGE_BYTES 4096
/* The module takes 340 KiB. */
#define ROOM_BYTES ((uintptr_t)512 << 10)

struct range {
    uintptr_t inside; /* an address in it */
    uintptr_t start, end;
};

static int
look(struct dl_phdr_info *info, size_t Py_UNUSED(size), void *data)
{
    struct range *range = data;
    uintptr_t start = UINTPTR_MAX, end = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + part->p_vaddr, to = from + part->p_memsz;
        if (part->p_type == PT_LOAD) {
            start = from < start ? from : start;
            end = to > end ? to : end;
        }
    }
    if (range->inside < start || range->inside >= end) {
        return 0;
    }
    range->start = start / PAGE_BYTES * PAGE_BYTES;
    range->end = (end + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    return 1;
}

/* Where another mapping lies there already, nothing later is put below this one. */
void
keep_room(void)
{
    struct range range = {.inside = (uintptr_t)&look};
    if (dl_iterate_phdr(look, &range) == 0 || range.end - range.start >= ROOM_BYTES) {
        return;
    }
    uintptr_t from = range.end - ROOM_BYTES;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
    void *got = mmap((void *)from, range.start - from, PROT_NONE, flags, -1, 0);
    if (got != MAP_FAILED && got != (void *)from) {
        /* A kernel that does not know the last flag. */
        munmap(got, range.start - from);
    }
}
