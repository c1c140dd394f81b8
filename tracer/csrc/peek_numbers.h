/* Numbered objects, as the parts of tracer._peek that watch them share them. */
#ifndef TRACEMILL_PEEK_NUMBERS_H
#define TRACEMILL_PEEK_NUMBERS_H

#include "peek.h"
#include "ending.h"

struct watched {
    PyObject *object;    /* borrowed; NULL once dead */
    uint32_t number;     /* where the place is free: the next free place, 0 none */
    struct words shadow; /* what it was made of; scalars in it are owned */
    struct ending dying_at;
    bool dying;
    bool has_objects; /* the shadow holds object pointers */
    bool always;      /* Python code compares it at every check */
};

/* peek_numbers.c. An entry stays where it is until the next one is added. */
struct watched *numbers_find(const PyObject *object);
struct watched *numbers_add(PyObject *object);
struct watched *numbers_entry(size_t number);
struct watched *numbers_live(size_t i);
size_t numbers_places(void);
void numbers_forget(struct watched *entry);
void numbers_sweep(void);
bool numbers_have_dead(void);
bool numbers_is_dead(uintptr_t word);
void numbers_drop_shadow(struct watched *entry);
void numbers_start(void);
void numbers_clear(void);

/* peek_dying.c */
bool dying_start(void);
void dying_stop(void);
struct ending dying_take(PyObject *object);
void dying_end(frame_t *frame);
void dying_note(struct watched *entry, struct ending at);

#endif
