/* Shared by the parts of tracer._core, the recorder on sys.monitoring. docs/trace-format.md has the rules. */
#ifndef TRACEMILL_CORE_H
#define TRACEMILL_CORE_H

#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE 1
#include <Python.h>
/* Headers of the interpreter itself, which are not written for all warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <frameobject.h>
#include "internal/pycore_code.h"
#include "internal/pycore_descrobject.h"
#include "internal/pycore_dict.h"
#include "internal/pycore_frame.h"
#include "internal/pycore_genobject.h"
#include "internal/pycore_interp.h"
#include "internal/pycore_list.h"
#include "internal/pycore_long.h"
#include "internal/pycore_object.h"
#include "internal/pycore_pystate.h"
#include "internal/pycore_range.h"
#include "internal/pycore_setobject.h"
#include "internal/pycore_tuple.h"
#include "internal/pycore_typeobject.h"
#pragma GCC diagnostic pop
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "region.h"

#if PY_VERSION_HEX < 0x030D0100 || PY_VERSION_HEX >= 0x030E0000
#error "tracer._core is written for CPython 3.13.1 and later of that line"
#endif

typedef struct _PyInterpreterFrame iframe;

/* A value as the trace knows it: 0 is NULL; the low bits tell the rest. An inline value is held (a scalar or a tuple of
 * scalars has no finaliser and no weak references, so holding one shows nowhere); an object is never held. */
typedef uintptr_t val;
enum {
    VAL_HELD = 0,
    VAL_OBJ = 1,  /* an obj, counted */
    VAL_DEEP = 2, /* a deep: an object too far away to have a number */
    VAL_RAW = 3,  /* address of an object without a number in the part that is cut */
    VAL_TAG = 3,
};

enum {
    K_LIST = 1, /* exact */
    K_TUPLE,    /* exact */
    K_ITEMS,    /* subclasses of list and tuple, deque and its subclasses */
    K_SET,
    K_FROZENSET, /* exact */
    K_DICT,      /* exact */
    K_DICTLIKE,
    K_SCALAR,
    K_EXCEPTION,
    K_INSTANCE,
    K_ENUM,
    K_CLASS,
    K_FUNCTION,
    K_PARTIAL,
    K_BYTEARRAY,
    K_ARRAY,
    K_STREAM,
    K_WEAKREF,
    K_CELL,
    K_FIXED, /* from here on definitions do not change */
    K_OTHER_CLASS,
    K_OTHER_FUNCTION,
    K_MODULE,
    K_METHOD,
    K_BUILTIN,
    K_SLICE,
    K_VIEW,
    K_REPR,
    K_OPAQUE,
    K_GENERATOR,
    K_ITERATOR,
};

typedef struct {
    PyObject *name; /* of its type, owned */
    PyObject *v;    /* borrowed, perhaps dead: compared only */
    uint32_t refs;
} deep;

typedef struct {
    val *at;
    Py_ssize_t n, cap;
} vec;

/* One operation with its operands in the order of the wire. */
typedef struct {
    uint8_t code;
    uint64_t a, b;
    vec values;
} op;

enum {
    OP_APPEND = 1,
    OP_SETITEM,
    OP_SPLICE,
    OP_DELITEM,
    OP_PUT,
    OP_CLEAR,
    OP_REPLACE,
    OP_DISCARD,
    OP_ADD,
    OP_DELATTR,
    OP_SETATTR,
    OP_VALUE,
    OP_REST,
    OP_CLASS,
    OP_LINK,
};

enum {
    LINK_SELF,
    LINK_FUNC,
    LINK_OVER,
    LINK_CAUSE,
    LINK_CONTEXT,
    LINK_MAXLEN,
    LINK_DEFAULT_FACTORY,
    LINK_START,
    LINK_STOP,
    LINK_STEP,
};
#define MAX_LINKS 4

/* A definition, as §5 of the format has it. Texts are owned str objects. */
typedef struct {
    PyObject *type, *name, *repr, *names;
    val value;
    uint8_t has_value, has_items, has_members, has_entries, has_rest, n_links;
    uint8_t link_keys[MAX_LINKS];
    val links[MAX_LINKS];
    vec items;        /* items or members, kept ones */
    PyObject **texts; /* members: their literals, NULL for objects */
    vec entries;      /* key, value */
    vec cut;          /* what is cut, to see changes */
    vec order;        /* all members in the order of the table */
    bool has_deep;
    uint64_t *words;  /* what each of it adds to the digest */
    uint64_t len, rest;
    uint64_t bytes; /* at most so many bytes have the texts of what is kept */
    vec fields;     /* name, value */
} def;

typedef struct {
    uint8_t flags, state;
    int line;
    val over, at;
    vec left;
    uint8_t mode;         /* how `index` is read; 0: it is not, and `at` is compared instead */
    Py_ssize_t index;
} iter_state;

/* An object with a number. */
typedef struct obj {
    PyObject *o; /* borrowed; NULL once it is dead */
    uint32_t id;
    uint32_t refs; /* vals that name it; places in lists; being alive */
    uint8_t kind;
    uint8_t touched; /* stands in T.touched */
    uint8_t is_new;  /* defined since the last event */
    uint8_t dying;   /* in the hands of its finaliser */
    uint8_t marked;  /* chosen at this check point */
    uint8_t dirty;   /* stands in T.dirty */
    uint8_t always;  /* stands in T.always */
    PyTypeObject *type;
    uint64_t version; /* of a dict, when it was last compared */
    iframe *dying_in;
    def *def;   /* as last compared */
    def *first; /* as when met, where that is not `def` */
    iter_state *iter;
    op *ops; /* since the last event */
    uint32_t n_ops, cap_ops;
} obj;

/* What is known of a code object before it runs; by code unit where an array has n_units. */
typedef struct {
    PyCodeObject *code; /* owned, for the life of the trace */
    int n_units, prologue_end, first_line;
    bool is_optimized, called, has_borrowed;
    const int16_t *depth; /* of the operand stack, -1 where no instruction starts */
    const int32_t *line;  /* 0 where there is none */
    const int32_t *arg;
    const uint8_t *op;
    const uint16_t *borrowed; /* which entry of `sets`: slots that an inlined comprehension uses */
    PyObject *sets;
    PyObject *globals;  /* list of names */
    PyObject *ranges;   /* bytes of three int32 each: start, end, target */
    PyObject *parts;    /* owner of all these */
    int n_names;
    struct slot_name {
        int slot;
        uint32_t k, comp_k; /* entries in the table of texts, 0 where not yet known */
        bool hidden, is_cell;
        PyObject *name, *comp_name; /* borrowed from parts */
    } *names;
    PyObject *op_texts, *arg_texts; /* tuples by unit, at granularity instruction */
    uint32_t *op_k, *arg_k;
    uint8_t *keeps;  /* by unit: the instruction leaves all names as they are */
    uint8_t *benign; /* by unit: was once seen to change nothing, and is not looked at again */
    uint32_t qualname_k;
} plan;

/* What the instruction that runs in a frame may change. */
enum { PEND_ALL, PEND_ONE, PEND_AT, PEND_TAIL };
struct pending {
    PyObject *v; /* an address: it may have a number by the time of the check, or be gone */
    int how;
    Py_ssize_t at;
};
#define MAX_PENDING 8

/* One activation: its number, and what was last written of its names and stack. */
typedef struct frame {
    iframe *f;
    plan *p;
    uint32_t number, caller;
    int depth, line;
    struct frame *below; /* on its thread, while it runs */
    val *names, *comp;
    vec stack, body, opaque;
    bool is_clean; /* no instruction ran since the names were compared that could change one */
    int n_pending;
    struct pending pending[MAX_PENDING];
} frame;

struct limits {
    Py_ssize_t string_units, string_head, items, depth, object_bytes;
    uint64_t events, trace_bytes;
};

enum { GRAN_CALL, GRAN_LINE, GRAN_INSTRUCTION };
enum {
    EV_CALL = 1,
    EV_LINE,
    EV_INSTRUCTION,
    EV_RETURN,
    EV_YIELD,
    EV_RESUME,
    EV_RAISE,
    EV_HANDLED,
    EV_UNWIND,
};
enum { STOP_EVENTS = 1, STOP_BYTES = 3 };

#define MAX_DYING 64

struct tracer {
    bool running;
    int granularity;
    struct limits limits;
    /* the stream */
    uint8_t *at, *end, *start, *committed;
    const struct core_region *region;
    int stopped;
    const char *fault;
    /* objects */
    uint32_t next_id;
    obj **touched;
    Py_ssize_t n_touched, cap_touched;
    obj **live; /* those that can change, by number */
    Py_ssize_t n_live, cap_live;
    obj **dirty; /* dicts that the interpreter told of */
    Py_ssize_t n_dirty, cap_dirty;
    obj **always; /* those of which nothing tells */
    Py_ssize_t n_always, cap_always;
    int n_open;    /* frames whose instruction may change something */
    bool is_exact; /* false: every check point looks at every object */
    bool scan_next; /* the next check point looks at every object */
    bool can_wait; /* objects wait for their definition */
    obj **iters;
    Py_ssize_t n_iters, cap_iters;
    obj *dying[MAX_DYING];
    int n_dying, n_places;
    uint64_t deaths;
    /* the record */
    PyObject *module_name, *globals, *filenames;
    uint64_t globals_version; /* of the dict, when no known global had changed; 0: look again */
    bool address_seen;
    /* activations */
    frame *top;
    uint32_t n_frames;
    int thread, n_threads;
    uint64_t thread_id;
    /* labels */
    bool saw_opaque, saw_seeded, saw_address;
    /* events */
    uint64_t n_events;
    int32_t last_frame, last_depth, last_line;
};
extern struct tracer T;

struct library {
    PyTypeObject *deque, *defaultdict, *partial, *decimal, *date, *time, *datetime, *timedelta,
        *timezone, *uuid, *paths[4], *pattern, *array, *string_io, *bytes_io, *enum_type,
        *counter, *fraction;
    PyObject *utc, *tolist, *string_value, *bytes_value, *newargs[5], *pattern_text, *pattern_flags,
        *json_string, *tzinfo_name, *list_append, *list_pop, *init_name, *new_name;
    PyTypeObject *itertools[24];
    /* not exported by the interpreter */
    PyTypeObject *ascii_iterator, *method_wrapper;
};
extern struct library lib;

/* core_stream.c */
void out_grow(size_t n);
uint32_t put_text(const void *bytes, size_t n);
uint32_t put_str(PyObject *s);
PyObject *utf8_of(PyObject *s);
void put_header(int granularity, const char *name);
void put_output(int fd, const uint8_t *bytes, size_t n);
void stream_full(void);
void texts_clear(void);
/* core_sha.c */
void sha256(const uint8_t *bytes, size_t n, uint8_t digest[32]);
uint64_t sha64(const uint8_t *bytes, size_t n);
/* core_literal.c */
bool is_scalar_type(PyTypeObject *type);
PyObject *literal_of(PyObject *v);
bool is_cut(PyObject *v);
bool is_inline(PyObject *v);
bool inline_equal(PyObject *a, PyObject *b);
/* core_value.c */
void put_val(val v);
val meet(PyObject *v, Py_ssize_t distance);
val val_copy(val v);
void val_drop(val v);
bool val_equal(val a, val b);
PyObject *cut_text(PyObject *v);
void values_clear(void);
bool vec_add(vec *v, val x);
void vec_clear(vec *v);
/* core_naming.c */
PyObject *type_name(PyTypeObject *type);
PyObject *callable_name(PyObject *v);
PyObject *builtin_owner(PyObject *v);
PyObject *module_name(PyObject *module);
PyObject *tuple_names(PyTypeObject *type);
PyObject *dict_get(PyObject *dict, PyObject *name);
bool is_own_class(PyTypeObject *type);
/* core_kind.c */
bool library_start(void);
int kind_of(PyObject *v);
bool is_library_type(PyTypeObject *type);
/* core_object.c */
obj *find_obj(PyObject *key);
obj *new_obj(PyObject *v, Py_ssize_t distance);
bool add_to(obj ***list, Py_ssize_t *n, Py_ssize_t *cap, obj *o);
void free_obj(obj *o);
void touch(obj *o);
void define_queue(void);
void define(obj *o, Py_ssize_t distance);
void bury(void);
void end_dying(const iframe *f);
bool objects_start(void);
void objects_end(void);
/* core_def.c */
def *describe(PyObject *v, int kind, Py_ssize_t distance);
PyObject *stream_content(PyObject *v);
PyObject *target_of(PyObject *v);
/* core_repr.c */
PyObject *library_repr(PyObject *v);
void def_free(def *d);
/* core_shape.c */
void shape_items(def *d, PyObject *const *items, Py_ssize_t n, Py_ssize_t distance);
void shape_members(def *d, PyObject *const *items, Py_ssize_t n, Py_ssize_t distance);
void shape_entries(def *d, PyObject *const *pairs, Py_ssize_t n, Py_ssize_t distance);
void shape_fields(def *d, PyObject *const *pairs, Py_ssize_t n, Py_ssize_t distance);
uint64_t text_bytes_bound(val v);
uint64_t value_bytes_bound(PyObject *v);
uint64_t item_word(Py_ssize_t index, PyObject *v);
val cut_val(PyObject *v);
/* core_change.c */
bool is_changed(obj *o);
void check_obj(obj *o);
void check_all(iframe *f);
void note_version(obj *o);
bool is_readable(const obj *o, const iframe *f);
/* core_check.c */
void check_point(frame *fr, iframe *f, bool is_entry);
void drop_pending(frame *fr);
void list_special(obj *o);
bool watch_start(void);
void watch_dict(obj *o);
void unwatch(obj *o);
/* core_fast.c */
bool fast_at(obj *o, Py_ssize_t at);
bool fast_tail(obj *o);
bool fast_check(obj *o);
/* core_lazy.c */
bool effects_start(void);
void types_forget(void);
bool is_record_type(PyTypeObject *type);
bool is_plain_type(PyTypeObject *type);
bool is_pure(PyObject *callee);
bool is_immutable_owner(PyTypeObject *type);
bool is_lazy(PyObject *v);
/* core_effect.c */
bool expect_effects(frame *fr, int unit);
/* core_ops.c */
void diff(obj *o, def *old, def *now);
op *new_op(obj *o, int code, uint64_t a, uint64_t b);
void ops_clear(obj *o);
void put_heap(void);
/* core_heap.c */
/* core_iter.c */
bool is_iterator_type(PyTypeObject *type);
Py_ssize_t iters_look(void);
void put_iters(void);
void iter_state_free(iter_state *s);
void iters_clear(void);
/* core_plan.c */
plan *find_plan(PyObject *code);
plan *make_plan(PyObject *code);
int handler_op(const plan *p, int unit);
PyObject *plans_codes(void);
void plans_clear(void);
extern PyObject *core_planner;
/* core_frame.c */
frame *search_frame(iframe *f);
frame *activate(iframe *f, plan *p);
void frame_enter(frame *fr);
void switch_thread(PyThreadState *state);
void threads_start(void);
int thread_number(void);
void frame_leave(frame *fr);
void frame_end(frame *fr);
void frames_clear(void);
/* core_names.c */
void names_look(frame *fr, int unit);
void names_skip(void);
void put_names(void);
void globals_compare(void);
void put_globals(void);
bool globals_add(PyObject *names);
void globals_follow_all(void);
void globals_clear(void);
Py_ssize_t names_changed(void);
Py_ssize_t globals_changed(void);
/* core_event.c */
void write_event(int kind, frame *fr, int unit, PyObject *payload, bool named);
/* core_monitor.c */
extern PyMethodDef monitor_methods[];
void monitor_init(PyObject *disable);
/* core_module.c */
void fault(const char *text);
bool is_traced_file(PyObject *filename);
bool is_traced_code(PyObject *code);
bool watch_code(PyObject *code);
void stop_with(int marker);
/* core_opaque.c */
void scan_identity(PyObject *literal);
void note_call(frame *fr, int unit);
void note_order(frame *fr, int unit);
void opaque_clear(void);
bool opaque_start(void);

static inline void
room(size_t n)
{
    if (__builtin_expect((size_t)(T.end - T.at) < n, 0)) {
        out_grow(n);
    }
}

static inline void
put_u8(unsigned v)
{
    room(1);
    *T.at++ = (uint8_t)v;
}

/* Writes a uint where there is room; returns the place after it. */
static inline uint8_t *
raw_uint(uint8_t *at, uint64_t v)
{
    while (__builtin_expect(v >= 0x80, 0)) {
        *at++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *at++ = (uint8_t)v;
    return at;
}

static inline uint8_t *
raw_sint(uint8_t *at, int64_t v)
{
    return raw_uint(at, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

static inline void
put_uint(uint64_t v)
{
    room(10);
    T.at = raw_uint(T.at, v);
}

static inline void
put_sint(int64_t v)
{
    put_uint(((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

/* An int as a value. */
static inline void
put_small(int64_t n)
{
    room(11);
    if (n >= -32 && n <= 95) {
        *T.at++ = (uint8_t)(0x60 + n);
    } else {
        *T.at++ = 0x05;
        T.at = raw_sint(T.at, n);
    }
}

static inline void
put_bytes(const void *bytes, size_t n)
{
    room(n);
    memcpy(T.at, bytes, n);
    T.at += n;
}

/* What stands before `at` now belongs to the stream. */
static inline void
stream_commit(void)
{
    if (__builtin_expect(T.stopped != 0, 0)) {
        T.at = T.committed;
    } else if (T.region != NULL) {
        T.committed = T.at;
        atomic_store_explicit(T.region->committed, (uint64_t)(T.at - T.start), memory_order_release);
    } else if (__builtin_expect((uint64_t)(T.at - T.start) > T.limits.trace_bytes, 0)) {
        stream_full();
    } else {
        T.committed = T.at;
    }
}

#define VERSION_SHIFT (DICT_MAX_WATCHERS + DICT_WATCHED_MUTATION_BITS)
static inline uint64_t
dict_version(PyObject *dict)
{
    return ((PyDictObject *)dict)->ma_version_tag >> VERSION_SHIFT;
}

static inline obj *
val_obj(val v)
{
    return (obj *)(v & ~(val)VAL_TAG);
}

static inline deep *
val_deep(val v)
{
    return (deep *)(v & ~(val)VAL_TAG);
}

/* Whether `known` stands for the very object v; a number proves that it is the same and alive. */
static inline bool
val_is(val known, PyObject *v)
{
    if ((known & VAL_TAG) == VAL_HELD) {
        return known == (val)v;
    }
    if ((known & VAL_TAG) == VAL_OBJ) {
        return val_obj(known)->o == v && v != NULL;
    }
    return (known & VAL_TAG) == VAL_RAW ? (known & ~(val)VAL_TAG) == (val)v : val_deep(known)->v == v;
}

/* Defines what waits, first in, first out. */
static inline void
define_waiting(void)
{
    if (T.can_wait) {
        define_queue();
    }
}

static inline void
release_obj(obj *o)
{
    if (--o->refs == 0) {
        free_obj(o);
    }
}

static inline frame *
find_frame(iframe *f)
{
    return T.top != NULL && T.top->f == f ? T.top : search_frame(f);
}

#endif
