/*
 * Numbered objects. A number lives as long as its object: the reference tracer of the interpreter tells of each
 * deallocation, so nothing of the program is kept alive but exact scalars and small tuples of them.
 */
#include "peek.h"

struct watched {
    PyObject *object;    /* borrowed; NULL once dead */
    uint32_t number;     /* where the place is free: the next free place, 0 none */
    struct words shadow; /* what it was made of; scalars in it are owned */
    frame_t *dying_in;   /* the frame in which its deallocation began */
    bool dying;
    bool has_objects; /* the shadow holds object pointers */
    bool always;      /* Python code compares it at every check */
};

static struct watched *watched; /* place 0 is not used; those of dead objects are used again */
static size_t watched_count;    /* next place that was never used */
static size_t watched_room;
static uint32_t free_place; /* 0 none */
static uint32_t last_number;
static uint32_t *live; /* places by ascending number; dead ones leave at the next check */
static size_t live_count;
static uint32_t *table; /* open addressing: address to place, 0 empty */
static size_t table_room;
static size_t table_used; /* including removed places */
#define REMOVED UINT32_MAX
static size_t dying_count;
static uintptr_t *dead; /* addresses that died since the last check */
static size_t dead_count;
static size_t dead_room;
static bool is_watching;
/* Objects without a number whose finaliser may run: one that it shows gets its number in it. */
#define LEAVING_MAX 16
static struct {
    const PyObject *object;
    frame_t *in;
} leaving[LEAVING_MAX];
static int leaving_count;

static size_t
slot_of(const void *address)
{
    return (size_t)(((uintptr_t)address >> 4) * 0x9E3779B97F4A7C15ull >> 20) & (table_room - 1);
}

/* The place of the object at an address, 0 where it has none. */
static uint32_t
find(const void *address)
{
    if (table_room == 0) {
        return 0;
    }
    for (size_t i = slot_of(address);; i = (i + 1) & (table_room - 1)) {
        uint32_t place = table[i];
        if (place == 0) {
            return 0;
        }
        if (place != REMOVED && watched[place].object == address) {
            return place;
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

static bool
is_held(uintptr_t word)
{
    int leaves = 0;
    return word != 0 && peek_is_inline((PyObject *)word, 0, &leaves);
}

/* Scalars of a shadow are owned: their pointers stay proof of sameness. */
static void
drop_shadow(struct watched *entry)
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

static void
forget(uint32_t place)
{
    struct watched *entry = &watched[place];
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
    dying_count -= entry->dying;
    entry->dying = false;
    take_out(place);
    entry->object = NULL;
}

/* Ends those whose finaliser is over: `frame` runs, and it does not run inside the deallocation. */
static void
end_dying(frame_t *frame)
{
    for (size_t i = 0; dying_count > 0 && i < live_count; i++) {
        struct watched *entry = &watched[live[i]];
        if (entry->dying && !peek_is_strictly_below(frame, entry->dying_in)) {
            forget(live[i]);
        }
    }
}

static bool
will_be_finalised(PyObject *object)
{
    return Py_TYPE(object)->tp_finalize != NULL
        && !(PyObject_IS_GC(object) && PyObject_GC_IsFinalized(object));
}

static void
note_leaving(const PyObject *object, frame_t *frame)
{
    int kept = 0;
    for (int i = 0; i < leaving_count; i++) {
        if (peek_is_strictly_below(frame, leaving[i].in)) {
            leaving[kept++] = leaving[i];
        }
    }
    leaving_count = kept;
    if (leaving_count < LEAVING_MAX) {
        leaving[leaving_count].object = object;
        leaving[leaving_count++].in = frame;
    }
}

/* The frame in which the deallocation of an object without a number began, NULL where it did not; told once. */
static frame_t *
take_leaving(const PyObject *object)
{
    for (int i = 0; i < leaving_count; i++) {
        if (leaving[i].object == object) {
            frame_t *in = leaving[i].in;
            leaving[i] = leaving[--leaving_count];
            return in;
        }
    }
    return NULL;
}

/*
 * An object with a finaliser keeps its number while that runs. It is read only while a frame of the finaliser holds it
 * (is_readable), and a new object at its address tells that it is gone.
 */
static int
on_reference(PyObject *object, PyRefTracerEvent event, void *Py_UNUSED(data))
{
    if (event == PyRefTracer_CREATE) {
        take_leaving(object);
        if (dying_count == 0) {
            return 0;
        }
    }
    PyThreadState *state = PyThreadState_GetUnchecked();
    frame_t *frame = state == NULL ? NULL : state->current_frame;
    bool may_show = event == PyRefTracer_DESTROY && frame != NULL && will_be_finalised(object);
    uint32_t place = find(object);
    if (place == 0) {
        /* Finalisers in C show nobody their object. */
        if (may_show && Py_TYPE(object)->tp_flags & Py_TPFLAGS_HEAPTYPE) {
            note_leaving(object, frame);
        }
        return 0;
    }
    if (may_show && !watched[place].dying) {
        watched[place].dying = true;
        watched[place].dying_in = frame;
        dying_count++;
        return 0;
    }
    forget(place);
    return 0;
}

static PyObject *
number_of(PyObject *Py_UNUSED(module), PyObject *object)
{
    uint32_t place = find(object);
    return PyLong_FromUnsignedLong(place == 0 ? 0 : watched[place].number);
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

/* meet(object): gives it the next number. */
static PyObject *
meet(PyObject *Py_UNUSED(module), PyObject *object)
{
    uint32_t place = make_room() ? take_place() : 0;
    if (place == 0) {
        return PyErr_NoMemory();
    }
    frame_t *in = take_leaving(object);
    watched[place] = (struct watched){
        .object = object, .number = ++last_number, .dying = in != NULL, .dying_in = in};
    dying_count += in != NULL;
    insert(place);
    live[live_count++] = place;
    return PyLong_FromUnsignedLong(last_number);
}

/* The entry of a number; NULL where its object is dead, and without an error set but for a number out of range. */
static struct watched *
entry_of(PyObject *number)
{
    size_t wanted = PyLong_AsSize_t(number);
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

static struct watched *
live_entry(PyObject *number)
{
    struct watched *entry = entry_of(number);
    if (entry == NULL && !PyErr_Occurred()) {
        PyErr_Format(PyExc_LookupError, "object %R is not alive", number);
    }
    return entry;
}

static PyObject *
object_at(PyObject *Py_UNUSED(module), PyObject *number)
{
    struct watched *entry = live_entry(number);
    return entry == NULL ? NULL : Py_NewRef(entry->object);
}

/* settle(number, always): what the object is made of now is what is known of it. */
static PyObject *
settle(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *number;
    int always;
    if (!PyArg_ParseTuple(args, "Op", &number, &always)) {
        return NULL;
    }
    struct watched *entry = live_entry(number);
    if (entry == NULL) {
        return NULL;
    }
    struct words now = {0};
    bool has_objects = peek_collect(entry->object, &now);
    if (now.failed) {
        words_free(&now);
        return PyErr_NoMemory();
    }
    for (size_t i = 0; has_objects && i < now.count; i++) {
        if (is_held(now.data[i])) {
            Py_INCREF((PyObject *)now.data[i]);
            now.data[i] |= 1;
        }
    }
    struct watched old = *entry;
    entry->shadow = now;
    entry->has_objects = has_objects;
    entry->always = always;
    drop_shadow(&old);
    Py_RETURN_NONE;
}

static bool
is_dead(uintptr_t word)
{
    for (size_t i = 0; i < dead_count; i++) {
        if (dead[i] == word) {
            return true;
        }
    }
    return false;
}

static bool
differs(const struct watched *entry, const struct words *now)
{
    if (now->count != entry->shadow.count) {
        return true;
    }
    uintptr_t mask = entry->has_objects ? ~(uintptr_t)1 : ~(uintptr_t)0;
    for (size_t i = 0; i < now->count; i++) {
        if (now->data[i] != (entry->shadow.data[i] & mask)) {
            return true;
        }
        if (dead_count > 0 && entry->has_objects && is_dead(now->data[i])) {
            return true;
        }
    }
    return false;
}

static bool
is_readable(const struct watched *entry, frame_t *frame)
{
    /* What no frame holds may be freed already: only its address is looked at until then. */
    return entry->object != NULL
        && (!entry->dying
            || (peek_holds(frame, entry->dying_in, entry->object)
                && Py_REFCNT(entry->object) > 0));
}

static int
add_number(PyObject *list, uint32_t value)
{
    PyObject *number = PyLong_FromUnsignedLong(value);
    int result = number == NULL ? -1 : PyList_Append(list, number);
    Py_XDECREF(number);
    return result;
}

/* changed(frame): numbers of objects that are made of something else than when they were settled, ascending. */
static PyObject *
changed(PyObject *Py_UNUSED(module), PyObject *address)
{
    frame_t *frame = PyLong_AsVoidPtr(address);
    PyObject *list = PyList_New(0);
    if (dying_count > 0) {
        end_dying(frame);
    }
    struct words now = {0};
    size_t kept = 0;
    for (size_t i = 0; i < live_count; i++) {
        struct watched *entry = &watched[live[i]];
        if (entry->object == NULL) {
            drop_shadow(entry);
            entry->number = free_place;
            free_place = live[i];
            continue;
        }
        live[kept++] = live[i];
        if (list == NULL || !is_readable(entry, frame)) {
            continue;
        }
        now.count = 0;
        peek_collect(entry->object, &now);
        if ((now.failed || entry->always || differs(entry, &now))
            && add_number(list, entry->number) < 0) {
            Py_CLEAR(list);
        }
    }
    live_count = kept;
    words_free(&now);
    dead_count = 0;
    return list;
}

static PyObject *
is_alive(PyObject *Py_UNUSED(module), PyObject *number)
{
    const struct watched *entry = entry_of(number);
    return PyErr_Occurred() ? NULL : PyBool_FromLong(entry != NULL && !entry->dying);
}

static PyObject *
exists(PyObject *Py_UNUSED(module), PyObject *number)
{
    const struct watched *entry = entry_of(number);
    return PyErr_Occurred() ? NULL : PyBool_FromLong(entry != NULL);
}

/* places(): how many objects there was room for at once, dead ones that a check point has not seen included. */
static PyObject *
places(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    return PyLong_FromSize_t(watched_count);
}

/* watch(): starts with no object known. unwatch() ends it. */
static PyObject *
watch(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    watched_count = 1;
    free_place = last_number = 0;
    live_count = 0;
    dead_count = 0;
    dying_count = 0;
    leaving_count = 0;
    is_watching = true;
    if (PyRefTracer_SetTracer(on_reference, NULL) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
unwatch(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    if (!is_watching) {
        Py_RETURN_NONE;
    }
    is_watching = false;
    PyRefTracer_SetTracer(NULL, NULL);
    for (size_t i = 1; i < watched_count; i++) {
        drop_shadow(&watched[i]);
    }
    PyMem_RawFree(table);
    PyMem_RawFree(watched);
    PyMem_RawFree(live);
    PyMem_RawFree(dead);
    table = NULL;
    watched = NULL;
    live = NULL;
    dead = NULL;
    table_room = table_used = watched_room = watched_count = live_count = dead_room = dead_count = 0;
    Py_RETURN_NONE;
}

PyMethodDef peek_watch_methods[] = {
    {"number_of", number_of, METH_O, "Number of an object, 0 where it has none."},
    {"meet", meet, METH_O, "Gives an object the next number."},
    {"object_at", object_at, METH_O, "The live object that has this number."},
    {"settle", settle, METH_VARARGS, "Takes what the object is made of as known."},
    {"changed", changed, METH_O, "Numbers of objects that changed since they were settled."},
    {"exists", exists, METH_O, "Whether the object of this number was not deallocated."},
    {"is_alive", is_alive, METH_O, "Whether the object of this number lives and is not being finalised."},
    {"places", places, METH_NOARGS, "How many objects were numbered at once, at most."},
    {"watch", watch, METH_NOARGS, "Starts to watch objects; none is known."},
    {"unwatch", unwatch, METH_NOARGS, "Forgets all objects."},
    {NULL, NULL, 0, NULL},
};
