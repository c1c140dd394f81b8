/* A map from addresses of objects to where their end began, by open addressing. Nothing behind an address is looked at. */
#ifndef TRACEMILL_ADDRESSES_H
#define TRACEMILL_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include "ending.h"

/* Bits of an address that are spread over all of a word, the upper ones most. */
static inline uint64_t
address_mix(const void *address)
{
    return ((uintptr_t)address >> 4) * 0x9E3779B97F4A7C15ull;
}

struct addresses {
    struct address {
        const void *key; /* NULL where the place is free */
        struct ending at;
    } *table;
    size_t room, used; /* the room is a power of two, more than twice what is used */
};

/* Where the key is, or would be. There has to be a table. */
static inline size_t
address_place(const struct addresses *map, const void *key)
{
    size_t i = (size_t)(address_mix(key) >> 20);
    for (;; i++) {
        const void *there = map->table[i & (map->room - 1)].key;
        if (there == NULL || there == key) {
            return i & (map->room - 1);
        }
    }
}

/* NULL where it is not there. */
static inline struct address *
address_find(const struct addresses *map, const void *key)
{
    if (map->used == 0) {
        return NULL;
    }
    struct address *at = &map->table[address_place(map, key)];
    return at->key == NULL ? NULL : at;
}

static inline bool
address_grow(struct addresses *map)
{
    struct addresses old = *map;
    size_t room = old.room == 0 ? 64 : old.room * 2;
    struct address *fresh = calloc(room, sizeof *fresh);
    if (fresh == NULL) {
        return false;
    }
    map->table = fresh;
    map->room = room;
    for (size_t i = 0; i < old.room; i++) {
        if (old.table[i].key != NULL) {
            map->table[address_place(map, old.table[i].key)] = old.table[i];
        }
    }
    free(old.table);
    return true;
}

/* False without memory. */
static inline bool
address_put(struct addresses *map, struct address entry)
{
    if ((map->used + 1) * 2 > map->room && !address_grow(map)) {
        return false;
    }
    struct address *at = &map->table[address_place(map, entry.key)];
    map->used += at->key == NULL;
    *at = entry;
    return true;
}

/* What stood behind it in the same chain comes to where it is found. */
static inline void
address_drop(struct addresses *map, struct address *at)
{
    size_t i = (size_t)(at - map->table);
    map->table[i].key = NULL;
    map->used--;
    for (size_t j = (i + 1) & (map->room - 1); map->table[j].key != NULL; j = (j + 1) & (map->room - 1)) {
        struct address moved = map->table[j];
        map->table[j].key = NULL;
        map->table[address_place(map, moved.key)] = moved;
    }
}

static inline void
address_clear(struct addresses *map)
{
    free(map->table);
    *map = (struct addresses){0};
}

#endif
