/* Shapes that the parts of tracer._core share: values, objects, plans of code, activations, the recording. */
#ifndef TRACEMILL_CORE_TYPES_H
#define TRACEMILL_CORE_TYPES_H

/* A value as the trace knows it: 0 is NULL; the low bits tell the rest. An inline value is held (a scalar or a tuple of
 * scalars has no finaliser and no weak references, so holding one shows nowhere); an object is never held. */
typedef uintptr_t val;
enum {
    VAL_HELD = 0,
    VAL_OBJ = 1,  /* an obj, counted */
    VAL_DEEP = 2, /* a deep: an object too far away to have a number */
    VAL_RAW = 3,  /* address of an object without a number in the part that is cut */
    VAL_INT = 4,  /* an int by its value, see read_int: nothing is held */
    VAL_TEXT = 5, /* of names and operands alone: a short str by the entry of its literal in the table of texts, likewise */
    VAL_TAG = 7,
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
    Py_ssize_t n;
    val few[2];  /* the operands where they are at most two */
    vec values;  /* all of them where they are more */
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
    bool may_have_twins; /* two keys of the entries can have one text */
    uint64_t *words;  /* what each of it adds to the digest, where it is no int */
    Py_ssize_t cap_words;
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

/* An iterator that can only move: where its position stands, which is not negative, and a word that is positive while it
 * runs. */
struct moving {
    const Py_ssize_t *at, *alive;
    const Py_ssize_t *used; /* of a dict: how large it was, negative once it is another; its position is counted down */
    Py_ssize_t known;       /* the position that was told last */
    iter_state *state;
    uint32_t id;
};
#define MAX_MOVING 48
#define ITERS_ODD (1ull << 63)

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
    uint8_t has_references; /* weak ones, of which its end tells */
    PyTypeObject *type;
    uint64_t version; /* of a dict, when it was last compared */
    int how;          /* of a dirty dict: a hint at what changed */
    Py_ssize_t place; /* and where */
    struct ending dying_at;
    const void *dying_by; /* the instruction of that frame */
    def *def;   /* as last compared */
    def *first; /* as when met, where that is not `def` */
    iter_state *iter;
    op *ops; /* since the last event */
    uint32_t n_ops, cap_ops;
} obj;

/* The numbered objects that live, by address. */
struct objects {
    struct numbered {
        PyObject *key;
        obj *value;
    } *table;
    size_t room, used;
};
extern struct objects objects;

/* What is known of a code object before it runs; by code unit where an array has n_units. */
typedef struct {
    PyCodeObject *code; /* owned, for the life of the trace */
    const _Py_CODEUNIT *first; /* of its instructions */
    int n_slots, n_units, prologue_end, first_line;
    bool is_optimized, called, has_borrowed;
    const int16_t *depth; /* of the operand stack, -1 where no instruction starts */
    const int32_t *line;  /* 0 where there is none */
    const int32_t *arg;
    const uint8_t *op;
    const uint16_t *borrowed; /* which entry of `sets`: slots that an inlined comprehension uses */
    PyObject *sets;
    PyObject *globals;  /* owned list of names */
    int32_t *ranges;    /* owned; three each: start, end, target */
    int n_ranges;
    PyObject *parts;    /* owner of all these where tracer.plan made them */
    void *memory;       /* and where core_facts.c did */
    int n_names;
    struct slot_name {
        int slot;
        uint32_t k, comp_k; /* entries in the table of texts, 0 where not yet known */
        bool hidden, is_cell;
        PyObject *name, *comp_name; /* borrowed from parts */
    } *names; /* 32 bytes each, which makes for short ways to them */
    /* Names as bits, where a plan is simple: at most 64, no class body, no inlined comprehension. */
    bool is_simple;
    uint64_t all, cells;
    uint64_t *unit_stores; /* by unit: what the instruction can store */
    struct place {
        uint64_t stores; /* what can be stored until the next event, where one is told here */
        uint64_t texts;  /* of an instruction event: a step of no lines, then they as written; the last byte: how many bytes */
        int32_t line;    /* as above */
        int16_t depth;
        int16_t low;     /* values on the operand stack that are left as they are until then */
        uint8_t act;     /* what an instruction event has to do there */
        uint8_t benign;  /* was found to change nothing, and is not looked at again */
        uint16_t start;  /* which of the places at which its line is told of with as many values on the stack */
        uint8_t effect;  /* core_makes.h: what the instruction makes of stack and names */
        uint8_t calm;    /* when nothing but these changes by it */
        uint8_t name, next_name; /* which names it loads or stores */
    } *places; /* by unit: what every event looks at */
    struct place anything, nothing; /* what may have changed since an event, where no place tells */
    struct place begun;             /* and since the activation began, which told all its names */
    bool is_deep; /* its operand stack may have more values than are written without asking for room */
    uint32_t qualname_k;
    /* core_guard.c: by unit, the names on which it depends that the instruction changes nothing; NEVER_OFF */
    uint64_t *guards;
    uint64_t guarded, guarded_scalars; /* names on which depends what is switched off */
    uint64_t unsettled, containers;    /* names that had a value of no settled type, or no scalar */
    bool has_odd_iterator;
    struct quiet_call *quiet; /* core_quiet.c: by unit, what was called there last; NULL where no call was quiet */
} plan;
#define NEVER_OFF (~0ull)
/* Values of an operand stack that are written without asking for room. */
#define STACK_FEW 16

struct unit_of_line {
    int32_t line;
    int unit;
};

/* What the instruction that runs in a frame may change. */
enum { PEND_ALL, PEND_ONE, PEND_AT, PEND_TAIL, PEND_KEY, PEND_LAST };
struct pending {
    PyObject *v; /* an address: it may have a number by the time of the check, or be gone */
    int how;
    Py_ssize_t at;
    bool had_int; /* PEND_AT, of an item that is cut: it was an int, and which */
    int64_t was;
};
#define MAX_PENDING 8

/* A callable by its name, as `opaque` lists it. */
struct callee {
    PyObject *name;  /* owned, with a hash */
    uint32_t k;      /* its entry in the table of texts, 0 where not yet known */
    uint32_t refs;
    bool is_builtin;
};

/* One activation: its number, and what was last written of its names and stack. */
typedef struct frame {
    /* what every event looks at */
    iframe *f;
    plan *p;
    const struct place *since; /* what may have changed since the last event: what is done there */
    val *names, *stack;
    PyObject *const *operands; /* of the interpreter's frame: its operand stack */
    int n_pending, n_opaque; /* beside each other, see is_odd() */
    int n_stack, line;
    int told_unit; /* the instruction of which the interpreter told last; -1: none of this activation */
    bool is_fast;  /* its names are compared as bits tell */
    uint32_t number, caller;
    int depth;
    struct frame *below; /* on its thread, while it runs */
    struct callee **opaque; /* what it called since its last event */
    int cap_names, cap_stack, cap_opaque;
    val *comp;
    vec body;
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
    EV_LINE_AT, /* a line, at another than the first of its places */
};
/* What an instruction event has to do: nothing, or to look at what the instruction can change or show. */
enum { ACT_SKIP, ACT_NONE, ACT_OPERAND, ACT_OPERATOR, ACT_STORE, ACT_EFFECT, ACT_CALL, ACT_ORDER };
enum { STOP_EVENTS = 1, STOP_BYTES = 3, STOP_MEMORY = 5 };

struct tracer {
    /* what every event looks at, in as few lines of the cache as it takes */
    frame *top;
    void *here; /* as home, while it is the first thread that is recorded; else NULL */
    PyThreadState *home_state;
    frame *told; /* the frame whose number and depth the last event gave, until it is entered anew */
    Py_ssize_t n_touched, n_dirty, n_always;
    /* eight bytes that are all 0 where nothing is out of the ordinary, see is_odd() */
    int n_dying;
    bool must_scan; /* the next check point looks at every object; always where it is not exact */
    bool can_wait;  /* objects wait for their definition */
    bool tampered;  /* the program called what belongs to the recorder */
    bool never;
    bool running;
    uint8_t *at, *record; /* the record that is being written: in its place, or aside where that has little room */
    uint8_t *out;         /* its place in the stream */
    uint8_t *last_end;  /* where a record that is written in its place may end; NULL where it is written aside */
    uint8_t *out_start; /* of the stream */
    _Atomic uint64_t *committed; /* how long the stream is, where the region's owner reads it; else NULL */
    uint64_t events_left;
    PyObject *globals;
    uint64_t globals_version; /* of the dict, when no known global had changed; 0: look again */
    uint64_t moving_bits;  /* one for each iterator, where all can only move; else ITERS_ODD */
    uintptr_t int_tag_end; /* ints whose tag is below are known by value */
    uint8_t *end;
    int32_t last_line;
    int granularity;
    bool counts_down; /* one of the iterators is that of a dict */
    bool is_exact;    /* false: every check point looks at every object */
    int n_open;       /* frames whose instruction may change something */
    struct moving moving[MAX_MOVING];
    /* what some look at */
    int32_t last_frame, last_depth, thread;
    Py_ssize_t n_iters;
    void *home; /* thread pointer of the first thread, which lives longer than the recording */
    uint64_t thread_id;
    uint8_t *out_end;
    struct limits limits;
    /* the stream */
    uint8_t *aside;
    size_t aside_size;
    const struct core_region *region;
    int stopped;
    const char *fault;
    /* objects */
    uint32_t next_id;
    obj **touched;
    Py_ssize_t cap_touched;
    obj **live; /* those that can change, by number */
    Py_ssize_t n_live, cap_live;
    obj **dirty; /* dicts that the interpreter told of */
    Py_ssize_t cap_dirty;
    obj **always; /* those of which nothing tells */
    Py_ssize_t cap_always;
    obj **iters;
    Py_ssize_t cap_iters;
    obj **dying; /* in the hands of their finalisers */
    Py_ssize_t n_places, cap_dying;
    uint64_t deaths;
    /* the record */
    PyObject *module_name, *filenames;
    bool address_seen;
    /* activations */
    uint32_t n_frames;
    int n_threads;
    bool saw_foreign; /* an object whose operators are untraced Python code */
    /* labels */
    bool saw_opaque, saw_seeded, saw_address;
};
extern struct tracer T;

struct library {
    PyTypeObject *deque, *defaultdict, *partial, *decimal, *date, *time, *datetime, *timedelta,
        *timezone, *uuid, *paths[4], *pattern, *array, *string_io, *bytes_io, *enum_type,
        *counter, *fraction, *bare_namespace;
    PyObject *utc, *tolist, *string_value, *bytes_value, *newargs[5], *pattern_text, *pattern_flags,
        *json_string, *binary_signs, *tzinfo_name, *list_append, *list_pop, *init_name, *new_name, *del_name,
        *dataclass_name, *post_init_name, *files, *calm_modules[4];
    PyTypeObject *itertools[24];
    /* not exported by the interpreter */
    PyTypeObject *ascii_iterator, *method_wrapper;
};
extern struct library lib;

#endif
