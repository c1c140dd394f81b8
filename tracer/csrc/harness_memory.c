/* Memory of the child: a refused allocation ends it with a marker, so that no MemoryError at a place that depends on
 * the machine gets into a trace; and a heap whose free blocks lie in another order for the confirming sandbox. */
#include "harness.h"

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

#define PAD_BLOCKS 256
#define PAD_STEP 16
#define PAD_LARGEST 512

/* pad_heap(seed): leaves holes in every size class of the small-object allocator, in an order that the seed decides,
 * so that objects made later do not lie in the order in which they are made. */
PyObject *
harness_pad_heap(PyObject *Py_UNUSED(module), PyObject *seed)
{
    static void *blocks[PAD_BLOCKS];
    uint64_t state = PyLong_AsUnsignedLongLong(seed);
    if (PyErr_Occurred()) {
        return NULL;
    }
    for (size_t bytes = PAD_STEP; bytes <= PAD_LARGEST; bytes += PAD_STEP) {
        for (int i = 0; i < PAD_BLOCKS; i++) {
            blocks[i] = PyObject_Malloc(bytes);
        }
        for (int i = PAD_BLOCKS - 1; i > 0; i--) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            int other = (int)((state >> 33) % (uint64_t)(i + 1));
            void *block = blocks[i];
            blocks[i] = blocks[other];
            blocks[other] = block;
        }
        /* The other half stays allocated: it keeps the pools of this class half full. */
        for (int i = 0; i < PAD_BLOCKS / 2; i++) {
            PyObject_Free(blocks[i]);
        }
    }
    Py_RETURN_NONE;
}
