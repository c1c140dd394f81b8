/* Memory of the child: a refused allocation ends it with a marker, so that no MemoryError at a place that depends on
 * the machine gets into a trace; and a heap whose free blocks lie in another order for the confirming sandbox. */
#define _GNU_SOURCE
#include "harness.h"
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

static PyMemAllocatorEx raw;
static PyObjectArenaAllocator arenas;

static void *
checked(void *block, size_t bytes)
{
    if (block == NULL && harness.in_child && bytes <= ABSURD_BYTES) {
        harness_stop(MARKER_MEMORY);
    }
    return block;
}

static void *
raw_malloc(void *context, size_t bytes)
{
    return checked(raw.malloc(context, bytes), bytes);
}

static void *
raw_calloc(void *context, size_t count, size_t bytes)
{
    void *block = raw.calloc(context, count, bytes);
    size_t whole = bytes != 0 && count > SIZE_MAX / bytes ? SIZE_MAX : count * bytes;
    return checked(block, whole);
}

static void *
raw_realloc(void *context, void *block, size_t bytes)
{
    return checked(raw.realloc(context, block, bytes), bytes);
}

static void *
arena_alloc(void *context, size_t bytes)
{
    return checked(arenas.alloc(context, bytes), bytes);
}

void
harness_memory_init(void)
{
    PyMem_GetAllocator(PYMEM_DOMAIN_RAW, &raw);
    PyMemAllocatorEx hooked = {raw.ctx, raw_malloc, raw_calloc, raw_realloc, raw.free};
    PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &hooked);
    PyObject_GetArenaAllocator(&arenas);
    PyObjectArenaAllocator hooked_arenas = {arenas.ctx, arena_alloc, arenas.free};
    PyObject_SetArenaAllocator(&hooked_arenas);
}

/* Small objects: the classes of sizes that the interpreter's own allocator serves. */
#define SMALL_STEP 16
#define SMALL_LARGEST 512
/* Above this, libc gives what is freed back to the top of its heap instead of keeping it for the same size. */
#define KEPT_LARGEST 1040
#define LARGE_LARGEST (96 * 1024)

/* The first words of a pool, as pycore_obmalloc.h has them. */
struct pool_head {
    unsigned int used; /* blocks */
};
#define POOL_BYTES 16384u

static unsigned int
used_blocks(const void *block)
{
    return ((const struct pool_head *)((uintptr_t)block & ~(uintptr_t)(POOL_BYTES - 1)))->used;
}

/* A pool of which this is the only block was empty before: no other had room. */
static void
fill_small(size_t bytes)
{
    for (;;) {
        void *block = PyObject_Malloc(bytes);
        if (block == NULL || used_blocks(block) == 1) {
            PyObject_Free(block);
            return;
        }
    }
}

static void
fill_large(void)
{
    struct mallinfo2 facts = mallinfo2();
    const uint8_t *top = (const uint8_t *)sbrk(0) - facts.keepcost;
    for (size_t bytes = LARGE_LARGEST; bytes >= SMALL_STEP; bytes -= SMALL_STEP) {
        for (;;) {
            uint8_t *block = malloc(bytes - 8);
            if (block == NULL || block >= top) {
                if (bytes > KEPT_LARGEST) {
                    free(block);
                }
                break;
            }
        }
    }
}

/* fill_holes(): takes what is free between the objects of PID 1, and keeps it. What a child makes then lies together in
 * a few fresh pages, where it would have been spread over holes in a hundred, each to be copied first. */
PyObject *
harness_fill_holes(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    for (size_t bytes = SMALL_STEP; bytes <= SMALL_LARGEST; bytes += SMALL_STEP) {
        fill_small(bytes);
    }
    fill_large();
    Py_RETURN_NONE;
}

#define PAD_BLOCKS 256
#define PAGE_SHIFT 12

static uint64_t pad_state;

static void
shuffle(void **blocks, int count)
{
    for (int i = count - 1; i > 0; i--) {
        pad_state = pad_state * 6364136223846793005u + 1442695040888963407u;
        int other = (int)((pad_state >> 33) % (uint64_t)(i + 1));
        void *block = blocks[i];
        blocks[i] = blocks[other];
        blocks[other] = block;
    }
}

/* Where the run of blocks begins that ends before `end` and lies in one page. */
static int
page_begin(void *const *blocks, int end)
{
    int from = end - 1;
    while (from > 0
           && (uintptr_t)blocks[from - 1] >> PAGE_SHIFT == (uintptr_t)blocks[from] >> PAGE_SHIFT) {
        from -= 1;
    }
    return from;
}

/* Half of the blocks of each page become holes, in shuffled order; the others keep the pools of this class half full.
 * Page after page from the last, since what was freed last is given first: the first objects of a child are out of
 * order and yet in one page, that of the pool's own head. */
static bool
pad_class(size_t bytes)
{
    static void *blocks[PAD_BLOCKS];
    for (int i = 0; i < PAD_BLOCKS; i++) {
        blocks[i] = PyObject_Malloc(bytes);
        if (blocks[i] == NULL) {
            return false;
        }
    }
    for (int end = PAD_BLOCKS; end > 0;) {
        int from = page_begin(blocks, end);
        shuffle(blocks + from, end - from);
        for (int i = from; i < from + (end - from) / 2; i++) {
            PyObject_Free(blocks[i]);
        }
        end = from;
    }
    return true;
}

/* pad_heap(seed): leaves holes in every size class of the small-object allocator, in an order that the seed decides,
 * so that objects made later do not lie in the order in which they are made. */
PyObject *
harness_pad_heap(PyObject *Py_UNUSED(module), PyObject *seed)
{
    pad_state = PyLong_AsUnsignedLongLong(seed);
    if (PyErr_Occurred()) {
        return NULL;
    }
    for (size_t bytes = SMALL_STEP; bytes <= SMALL_LARGEST; bytes += SMALL_STEP) {
        if (!pad_class(bytes)) {
            return PyErr_NoMemory();
        }
    }
    Py_RETURN_NONE;
}
