/*
 * Numbered objects: by address, by number, and which of them died since the last check. A number lives as long as its
 * object. Nothing of the program is kept alive but exact scalars and small tuples of them.
 */
#include "peek_numbers.h"

static struct watched *watched; /* place 0 is not used; those of dead objects are used again */
static size_t watched_count;    /* next place that was never used */
static size_t watched_room;
static uint32_t free_place; /* 0 none */
static uint32_t last_number;
static uint32_t *live; /* places by ascending number; dead ones leave at the next sweep */
static size_t live_count;
static uint32_t *table; /* open addressing: address to place, 0 empty */
static size_t table_room;
static size_t table_used; /* including removed places */
#define REMOVED UINT32_MAX
static uintptr_t *dead; /* addresses that died since the last sweep */
static size_t dead_count;
static size_t dead_room;

static size_t
slot_of(const void *address)
{
    return (size_t)(((uintptr_t)address >> 4) * 0x9E3779B97F4A7C15ull >> 20) & (table_room - 1);
}

/* The entry of the object at an address, NULL where it has none. */
struct watched *
numbers_find(const PyObject *object)
{
    if (table_room == 0) {
        return NULL;
    }
    for (size_t i = slot_of(object);; i = (i + 1) & (table_room - 1)) {
        uint32_t place = table[i];
        if (place == 0) {
            return NULL;
        }
        if (place != REMOVED && watched[place].object == object) {
            return &watched[place];
        }
    }
}

static void
insert(uint32_t place)
{
    size_t i = slot_of(watched[place].object);
    while (table[i] != 0 && table[i] != REMOVED) {
        i = (i + 1) & (table_room - 1);
    }
    table_used += table[i] == 0;
    table[i] = place;
}

static void
take_out(uint32_t place)
{
    size_t i = slot_of(watched[place].object);
    while (table[i] != place) {
        i = (i + 1) & (table_room - 1);
    }
    table[i] = REMOVED;
}

/* Rebuilds the table with room for one more. False without memory. */
static bool
make_room(void)
{
    if (table_room != 0 && (table_used + 1) * 2 < table_room) {
        return true;
    }
    size_t room = 1024;
    while (room < (live_count + 1) * 4) {
        room *= 2;
    }
    uint32_t *fresh = PyMem_RawCalloc(room, sizeof(uint32_t));
    if (fresh == NULL) {
        return false;
    }
    PyMem_RawFree(table);
    table = fresh;
    table_room = room;
    table_used = 0;
    for (size_t i = 0; i < live_count; i++) {
        if (watched[live[i]].object != NULL) {
            insert(live[i]);
        }
    }
    return true;
}

/* Scalars of a shadow are owned: their pointers stay proof of sameness. */
void
numbers_drop_shadow(struct watched *entry)
{
    struct words old = entry->shadow;
    entry->shadow = (struct words){0};
    for (size_t i = 0; entry->has_objects && i < old.count; i++) {
        if (old.data[i] & 1) {
            Py_DECREF((PyObject *)(old.data[i] & ~(uintptr_t)1));
        }
    }
    words_free(&old);
}

/* The object is gone. */
void
numbers_forget(struct watched *entry)
{
    if (dead_count == dead_room) {
        size_t room = dead_room == 0 ? 64 : dead_room * 2;
        uintptr_t *grown = PyMem_RawRealloc(dead, room * sizeof(uintptr_t));
        if (grown == NULL) {
            Py_FatalError("no memory to watch objects");
        }
        dead = grown;
        dead_room = room;
    }
    dead[dead_count++] = (uintptr_t)entry->object;
    take_out((uint32_t)(entry - watched));
    entry->object = NULL;
}

/* A place for one more object, 0 without memory. All places fit into `live`. */
static uint32_t
take_place(void)
{
    if (free_place != 0) {
        uint32_t place = free_place;
        free_place = watched[place].number;
        return place;
    }
    if (watched_count >= watched_room) {
        size_t room = watched_room == 0 ? 256 : watched_room * 2;
        struct watched *grown = PyMem_RawRealloc(watched, room * sizeof(struct watched));
        if (grown == NULL) {
            return 0;
        }
        watched = grown;
        uint32_t *grown_live = PyMem_RawRealloc(live, room * sizeof(uint32_t));
        if (grown_live == NULL) {
            return 0;
        }
        live = grown_live;
        watched_room = room;
    }
    return (uint32_t)watched_count++;
}

/* Gives an object the next number. NULL without memory. */
struct watched *
numbers_add(PyObject *object)
{
    uint32_t place = make_room() ? take_place() : 0;
    if (place == 0) {
        return NULL;
    }
    watched[place] = (struct watched){.object = object, .number = ++last_number};
    insert(place);
    live[live_count++] = place;
    return &watched[place];
}

/* The entry of a number, NULL where its object is dead. */
struct watched *
numbers_entry(size_t wanted)
{
    size_t low = 0, high = live_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (watched[live[middle]].number < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    struct watched *entry = low < live_count ? &watched[live[low]] : NULL;
    return entry != NULL && entry->number == wanted && entry->object != NULL ? entry : NULL;
}

/* Those that lived at the last sweep or came after it, by ascending number; NULL behind the last. */
struct watched *
numbers_live(size_t i)
{
    return i < live_count ? &watched[live[i]] : NULL;
}

/* Makes the places of dead objects free. */
void
numbers_sweep(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < live_count; i++) {
        struct watched *entry = &watched[live[i]];
        if (entry->object != NULL) {
            live[kept++] = live[i];
            continue;
        }
        numbers_drop_shadow(entry);
        entry->number = free_place;
        free_place = live[i];
    }
    live_count = kept;
    dead_count = 0;
}

/* Whether any died since the last sweep. */
bool
numbers_have_dead(void)
{
    return dead_count > 0;
}

/* Whether an object at this address died since the last sweep. */
bool
numbers_is_dead(uintptr_t word)
{
    for (size_t i = 0; i < dead_count; i++) {
        if (dead[i] == word) {
            return true;
        }
    }
    return false;
}

/* How many objects there was room for at once, dead ones that were not swept included. */
size_t
numbers_places(void)
{
    return watched_count;
}

void
numbers_start(void)
{
    watched_count = 1;
    free_place = last_number = 0;
    live_count = dead_count = 0;
}

void
numbers_clear(void)
{
    for (size_t i = 1; i < watched_count; i++) {
        numbers_drop_shadow(&watched[i]);
    }
    PyMem_RawFree(table);
    PyMem_RawFree(watched);
    PyMem_RawFree(live);
    PyMem_RawFree(dead);
    table = live = NULL;
    watched = NULL;
    dead = NULL;
    table_room = table_used = watched_room = watched_count = live_count = dead_room = dead_count = 0;
}
