/* Activations: from the first event of a frame to its return or unwinding, by the address of the frame. */
#include "core.h"

static frame **table;
static size_t n_used, room_of;
static frame *spare; /* linked by `below` */

static struct thread {
    uint64_t id;
    int number;
    frame *top;
} *threads;
static int n_threads;

static size_t
place_of(const iframe *f)
{
    return (size_t)(address_mix(f) >> 32) & (room_of - 1);
}

frame *
search_frame(iframe *f)
{
    if (room_of == 0) {
        return NULL;
    }
    for (size_t i = place_of(f); table[i] != NULL; i = (i + 1) & (room_of - 1)) {
        if (table[i]->f == f) {
            return table[i];
        }
    }
    return NULL;
}

static bool
insert(frame *fr)
{
    if ((n_used + 1) * 2 > room_of) {
        size_t old_room = room_of;
        frame **old = table;
        frame **fresh = calloc(old_room == 0 ? 64 : old_room * 2, sizeof *fresh);
        if (fresh == NULL) {
            return false;
        }
        table = fresh;
        room_of = old_room == 0 ? 64 : old_room * 2;
        n_used = 0;
        for (size_t k = 0; k < old_room; k++) {
            if (old[k] != NULL) {
                insert(old[k]);
            }
        }
        free(old);
    }
    size_t i = place_of(fr->f);
    while (table[i] != NULL) {
        i = (i + 1) & (room_of - 1);
    }
    table[i] = fr;
    n_used++;
    return true;
}

static void
take_out(frame *fr)
{
    size_t i = place_of(fr->f);
    while (table[i] != fr) {
        if (table[i] == NULL) {
            return;
        }
        i = (i + 1) & (room_of - 1);
    }
    n_used--;
    for (size_t j = (i + 1) & (room_of - 1); table[j] != NULL; j = (j + 1) & (room_of - 1)) {
        size_t home = place_of(table[j]->f);
        if (((j - home) & (room_of - 1)) >= ((j - i) & (room_of - 1))) {
            table[i] = table[j];
            i = j;
        }
    }
    table[i] = NULL;
}

static void
empty(vec *v)
{
    for (Py_ssize_t i = 0; i < v->n; i++) {
        val_drop(v->at[i]);
    }
    v->n = 0;
}

static void
forget_values(frame *fr)
{
    drop_pending(fr);
    int n = fr->p->n_names;
    for (int i = 0; i < n; i++) {
        val_drop(fr->names[i]);
    }
    for (int i = 0; fr->comp != NULL && i < n; i++) {
        val_drop(fr->comp[i]);
    }
    free(fr->comp);
    fr->comp = NULL;
    for (int i = 0; i < fr->n_stack; i++) {
        val_drop(fr->stack[i]);
    }
    fr->n_stack = 0;
    empty(&fr->body);
    while (fr->n_opaque > 0) {
        callee_release(fr->opaque[--fr->n_opaque]);
    }
}

static void
frame_free(frame *fr)
{
    free(fr->names);
    free(fr->stack);
    vec_clear(&fr->body);
    free(fr->opaque);
    free(fr);
}

static bool
grow(val **at, int *cap, int wanted)
{
    if (*cap >= wanted) {
        return true;
    }
    val *bigger = realloc(*at, (size_t)wanted * sizeof *bigger);
    if (bigger == NULL) {
        return false;
    }
    *at = bigger;
    *cap = wanted;
    return true;
}

static bool
has_room(frame *fr, const plan *p)
{
    return grow(&fr->names, &fr->cap_names, p->n_names + 1)
        && grow(&fr->stack, &fr->cap_stack, p->code->co_stacksize + 1);
}

/* Makes the activation of a frame that starts. NULL after a fault. */
frame *
activate(iframe *f, plan *p)
{
    frame *old = find_frame(f);
    if (old != NULL) {
        frame_end(old);
    }
    frame *fr = spare;
    if (fr != NULL) {
        spare = fr->below;
    } else {
        fr = calloc(1, sizeof *fr);
    }
    if (fr == NULL || !has_room(fr, p)) {
        if (fr != NULL) {
            frame_free(fr);
        }
        no_memory();
        return NULL;
    }
    memset(fr->names, 0, (size_t)p->n_names * sizeof *fr->names);
    fr->f = f;
    fr->p = p;
    fr->operands = f->localsplus + p->n_slots;
    fr->number = ++T.n_frames;
    fr->line = p->first_line;
    fr->below = NULL;
    fr->since = &p->anything;
    fr->told_unit = -1;
    fr->is_fast = p->is_simple && !p->has_borrowed;
    if (!insert(fr)) {
        no_memory();
        return NULL;
    }
    return fr;
}

/* Makes the list of running activations that of the thread that runs. */
void
switch_thread(PyThreadState *state)
{
    struct thread *found = NULL;
    for (int i = 0; i < n_threads; i++) {
        if (threads[i].id == T.thread_id) {
            threads[i].top = T.top;
        }
    }
    for (int i = 0; i < n_threads; i++) {
        found = threads[i].id == state->id ? &threads[i] : found;
    }
    if (found == NULL) {
        struct thread *more = realloc(threads, (size_t)(n_threads + 1) * sizeof *more);
        if (more == NULL) {
            no_memory();
            return;
        }
        threads = more;
        found = &threads[n_threads++];
        *found = (struct thread){.id = state->id, .number = 0, .top = NULL};
        /* Another thread may stop in the middle of an instruction. */
        T.is_exact = false;
        T.must_scan = true;
    }
    T.thread_id = state->id;
    T.thread = found->number;
    T.top = found->top;
    T.here = T.running && state == T.home_state ? T.home : NULL;
}

/* The thread that runs now is the first. */
void
threads_start(void)
{
    threads = malloc(sizeof *threads);
    if (threads == NULL) {
        no_memory();
        return;
    }
    n_threads = 1;
    threads[0] = (struct thread){.id = T.thread_id, .number = 1, .top = NULL};
}

/* What a name or a place of a stack has may be told otherwise from here on, though nothing was stored. */
void
doubt_names(void)
{
    T.globals_version = 0;
    for (size_t i = 0; i < room_of; i++) {
        if (table[i] != NULL) {
            table[i]->since = &table[i]->p->anything;
        }
    }
}

/* Number of the thread that runs, given with its first event. */
int
thread_number(void)
{
    if (T.thread == 0) {
        T.thread = ++T.n_threads;
        for (int i = 0; i < n_threads; i++) {
            if (threads[i].id == T.thread_id) {
                threads[i].number = T.thread;
            }
        }
    }
    return T.thread;
}

static bool
runs_below(const iframe *f, const frame *fr)
{
    for (f = f->previous; f != NULL; f = f->previous) {
        if (f == fr->f) {
            return true;
        }
    }
    return false;
}

/* The activation runs from here on. */
void
frame_enter(frame *fr)
{
    while (T.top != NULL && T.top->f != fr->f->previous && !runs_below(fr->f, T.top)) {
        T.top = T.top->below;
    }
    T.told = NULL;
    fr->below = T.top;
    fr->caller = T.top == NULL ? 0 : T.top->number;
    fr->depth = T.top == NULL ? 1 : T.top->depth + 1;
    /* What delegates to a generator that is thrown into is on the stack, and has not been resumed. */
    int between = 0;
    for (iframe *f = fr->f->previous; f != NULL && (T.top == NULL || f != T.top->f); f = f->previous) {
        const frame *other = find_frame(f);
        if (other != NULL && (PyObject *)other->p->code == f->f_executable && between++ == 0) {
            fr->caller = other->number;
        }
    }
    fr->depth += between;
    T.top = fr;
}

/* The activation does not run any more, but may again. */
void
frame_leave(frame *fr)
{
    if (T.top == fr) {
        T.top = fr->below;
    }
    fr->below = NULL;
}

void
frame_end(frame *fr)
{
    frame_leave(fr);
    take_out(fr);
    forget_values(fr);
    fr->f = NULL;
    fr->below = spare;
    spare = fr;
}

void
frames_clear(void)
{
    for (size_t i = 0; i < room_of; i++) {
        if (table[i] != NULL) {
            forget_values(table[i]);
            frame_free(table[i]);
        }
    }
    while (spare != NULL) {
        frame *next = spare->below;
        frame_free(spare);
        spare = next;
    }
    free(table);
    free(threads);
    table = NULL;
    threads = NULL;
    n_threads = 0;
    n_used = room_of = 0;
}
