/* The stream: bytes of records, the table of texts, and where they go. A record is committed whole or not at all. */
#include "core.h"

#define TABLE_MAX 65536u
#define TEXT_MAX 48

typedef struct {
    uint32_t at; /* offset in the arena */
    uint32_t hash;
    uint8_t length;
} text;

static struct {
    text *entries; /* entry k stands at k - 1 */
    uint32_t n, cap;
    uint32_t *slots; /* k, or 0 */
    uint32_t n_slots;
    uint8_t *arena;
    uint32_t used, room;
} table;

#define ASIDE_BYTES 65536
#define SPARE_BYTES (16 << 20)

/* Memory of the last recording, for the next: fresh pages cost more than what is written into them. */
static struct {
    uint8_t *start;
    size_t size;
} spare;

/* The next record begins. */
static void
begin_record(void)
{
    if ((size_t)(T.out_end - T.out) >= RECORD_ROOM) {
        T.record = T.at = T.out;
        T.end = T.out_end;
        T.last_end = T.out_end - RECORD_ROOM;
    } else {
        T.record = T.at = T.aside;
        T.end = T.aside + T.aside_size;
        T.last_end = NULL;
    }
}

/* Starts a stream in the region, or in memory of its own. False without memory. */
bool
stream_start(void)
{
    T.aside = malloc(ASIDE_BYTES);
    if (T.aside == NULL) {
        return false;
    }
    T.aside_size = ASIDE_BYTES;
    if (T.region != NULL) {
        T.committed = T.region->committed;
        T.out_start = T.region->data;
        T.out = T.out_start + atomic_load(T.region->committed);
        T.out_end = T.out_start + T.region->room;
    } else if (spare.size <= T.limits.trace_bytes) {
        T.out_start = T.out = spare.start;
        T.out_end = T.out_start + spare.size;
        spare.start = NULL;
        spare.size = 0;
    }
    begin_record();
    return true;
}

void
stream_clear(void)
{
    free(T.aside);
    if (T.region == NULL && T.out_start != NULL) {
        size_t size = (size_t)(T.out_end - T.out_start);
        if (size > spare.size && size <= SPARE_BYTES) {
            free(spare.start);
            spare.start = T.out_start;
            spare.size = size;
        } else {
            free(T.out_start);
        }
    }
    free(table.entries);
    free(table.slots);
    free(table.arena);
    memset(&table, 0, sizeof table);
}

/* Makes room for n bytes more in the record, which moves aside. */
void
out_grow(size_t n)
{
    size_t used = (size_t)(T.at - T.record), cap = T.aside_size;
    T.last_end = NULL;
    while (cap < used + n) {
        cap *= 2;
    }
    uint8_t *bigger = cap == T.aside_size ? T.aside : realloc(T.aside, cap);
    if (bigger == NULL) {
        no_memory();
        /* What is written from here on goes nowhere. */
        T.at = T.record = T.aside;
        T.end = T.aside + T.aside_size;
        return;
    }
    if (T.record != T.aside) {
        memcpy(bigger, T.record, used);
    }
    T.aside = T.record = bigger;
    T.aside_size = cap;
    T.at = bigger + used;
    T.end = bigger + cap;
}

/* Whether the stream takes n bytes more; in memory of its own it grows. */
static bool
out_has_room(size_t n)
{
    size_t used = (size_t)(T.out - T.out_start), cap = (size_t)(T.out_end - T.out_start);
    if (cap - used >= n) {
        return true;
    }
    if (T.region != NULL || used + n > T.limits.trace_bytes + REGION_HEADER_MAX) {
        stream_full();
        return false;
    }
    while (cap < used + n) {
        cap = cap == 0 ? 1 << 16 : cap * 2;
    }
    cap = Py_MIN(cap, T.limits.trace_bytes + REGION_HEADER_MAX);
    uint8_t *bigger = realloc(T.out_start, cap);
    if (bigger == NULL) {
        no_memory();
        return false;
    }
    T.out_start = bigger;
    T.out = bigger + used;
    T.out_end = bigger + cap;
    return true;
}

/* The rest of stream_commit(): the record stands aside, or the next one has little room. */
void
commit_slow(void)
{
    size_t n = (size_t)(T.at - T.record);
    if (T.stopped == 0 && T.record == T.out) {
        T.out = T.at;
    } else if (T.stopped == 0 && out_has_room(n)) {
        memcpy(T.out, T.record, n);
        T.out += n;
    }
    begin_record();
    if (T.committed != NULL) {
        atomic_store_explicit(T.committed, (uint64_t)(T.out - T.out_start), memory_order_release);
    }
}

static uint32_t
hash_of(const uint8_t *bytes, size_t n)
{
    uint64_t h = 0x9E3779B97F4A7C15ull ^ n;
    while (n >= 8) {
        uint64_t w;
        memcpy(&w, bytes, 8);
        h = (h ^ w) * 0xff51afd7ed558ccdull;
        h ^= h >> 32;
        bytes += 8;
        n -= 8;
    }
    uint64_t w = 0;
    memcpy(&w, bytes, n);
    h = (h ^ w) * 0xff51afd7ed558ccdull;
    return (uint32_t)(h ^ (h >> 29));
}

static bool
grow_slots(void)
{
    uint32_t n = table.n_slots == 0 ? 1024 : table.n_slots * 2;
    uint32_t *slots = calloc(n, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    for (uint32_t k = 1; k <= table.n; k++) {
        uint32_t i = table.entries[k - 1].hash & (n - 1);
        while (slots[i] != 0) {
            i = (i + 1) & (n - 1);
        }
        slots[i] = k;
    }
    free(table.slots);
    table.slots = slots;
    table.n_slots = n;
    return true;
}

static bool
grow_entries(size_t length)
{
    if (table.n == table.cap) {
        uint32_t cap = table.cap == 0 ? 512 : table.cap * 2;
        text *entries = realloc(table.entries, cap * sizeof *entries);
        if (entries == NULL) {
            return false;
        }
        table.entries = entries;
        table.cap = cap;
    }
    if (table.used + length > table.room) {
        uint32_t room = table.room == 0 ? 8192 : table.room * 2;
        uint8_t *arena = realloc(table.arena, room);
        if (arena == NULL) {
            return false;
        }
        table.arena = arena;
        table.room = room;
    }
    return (table.n + 1) * 2 <= table.n_slots || grow_slots();
}

/* Writes a text; returns its entry, or 0 where it has none. */
uint32_t
put_text(const void *bytes, size_t n)
{
    if (n == 0 || n > TEXT_MAX) {
        put_uint(0);
        put_uint(n);
        put_bytes(bytes, n);
        return 0;
    }
    uint32_t hash = hash_of(bytes, n);
    if (table.n_slots > 0) {
        uint32_t i = hash & (table.n_slots - 1);
        for (; table.slots[i] != 0; i = (i + 1) & (table.n_slots - 1)) {
            const text *e = &table.entries[table.slots[i] - 1];
            if (e->hash == hash && e->length == n && memcmp(table.arena + e->at, bytes, n) == 0) {
                put_uint(table.slots[i]);
                return table.slots[i];
            }
        }
    }
    put_uint(0);
    put_uint(n);
    put_bytes(bytes, n);
    if (table.n == TABLE_MAX) {
        return 0;
    }
    if (!grow_entries(n)) {
        no_memory();
        return 0;
    }
    uint32_t i = hash & (table.n_slots - 1);
    while (table.slots[i] != 0) {
        i = (i + 1) & (table.n_slots - 1);
    }
    memcpy(table.arena + table.used, bytes, n);
    table.entries[table.n] = (text){.at = table.used, .hash = hash, .length = (uint8_t)n};
    table.used += (uint32_t)n;
    table.n += 1;
    table.slots[i] = table.n;
    return table.n;
}

/* Whether an entry of the table is these bytes. */
bool
is_entry(uint32_t k, const void *bytes, size_t n)
{
    const text *e = &table.entries[k - 1];
    return e->length == n && memcmp(table.arena + e->at, bytes, n) == 0;
}

/* The UTF-8 of a str without lone surrogates. New reference, NULL after a fault. */
PyObject *
utf8_of(PyObject *s)
{
    PyObject *bytes = PyUnicode_AsEncodedString(s, "utf-8", NULL);
    if (bytes == NULL) {
        PyErr_Clear();
        PyObject *passed = PyUnicode_AsEncodedString(s, "utf-8", "surrogatepass");
        PyObject *mended = passed == NULL ? NULL
                                          : PyUnicode_DecodeUTF8(PyBytes_AS_STRING(passed),
                                                                 PyBytes_GET_SIZE(passed), "replace");
        bytes = mended == NULL ? NULL : PyUnicode_AsEncodedString(mended, "utf-8", NULL);
        Py_XDECREF(passed);
        Py_XDECREF(mended);
    }
    if (bytes == NULL) {
        no_memory();
    }
    return bytes;
}

/* Writes a str; the three bytes of a lone surrogate become U+FFFD each. */
uint32_t
put_str(PyObject *s)
{
    if (PyUnicode_IS_COMPACT_ASCII(s)) {
        return put_text(PyUnicode_1BYTE_DATA(s), (size_t)PyUnicode_GET_LENGTH(s));
    }
    PyObject *bytes = utf8_of(s);
    if (bytes == NULL) {
        return 0;
    }
    uint32_t k = put_text(PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
    Py_DECREF(bytes);
    return k;
}

/* Starts a stream: magic, version, granularity, name. */
void
put_header(int granularity, const char *name)
{
    put_bytes("TMTR\x03", 5);
    put_u8((unsigned)granularity);
    put_uint(strlen(name));
    put_bytes(name, strlen(name));
    size_t n = (size_t)(T.at - T.record);
    /* Two recorders have names of two lengths, and must cut at the same event. */
    T.out_end += T.region != NULL ? n : 0;
    T.last_end = NULL;
    stream_commit();
}

void
put_output(int fd, const uint8_t *bytes, size_t n)
{
    put_u8(fd == 2 ? 0x21 : 0x20);
    put_uint(n);
    put_bytes(bytes, n);
    stream_commit();
}

/* The trace has no room left: in a harness this does not return. */
void
stream_full(void)
{
    stop_with(STOP_BYTES);
}
