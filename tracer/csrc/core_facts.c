/* Facts of a code object that runs a function: instructions, lines, depths of the operand stack, names. What
 * tracer.plan works out for any code is worked out here for most: not for class bodies, and not where a comprehension is
 * compiled into the function, which needs to know whose variables lie on the stack. */
#include "core.h"
#include "core_opcodes.h"
#include "opcode_ids.h"

struct instruction {
    int unit, op, arg, next, target; /* in code units; target -1 where there is none */
};

/* The unit to which an instruction jumps, -1 where it does not. */
static int
jump_of(int unit, int op, int arg)
{
    int next = unit + 1 + _PyOpcode_Caches[op];
    bool backward = op == JUMP_BACKWARD || op == JUMP_BACKWARD_NO_INTERRUPT;
    return OPCODE_HAS_JUMP(op) ? next + (backward ? -arg : arg) : -1;
}

/* Reads the instruction at or after a unit, over its prefixes. */
static struct instruction
read_instruction(const uint8_t *raw, int unit)
{
    int arg = 0;
    for (; raw[2 * unit] == EXTENDED_ARG; unit++) {
        arg = (arg | raw[2 * unit + 1]) << 8;
    }
    struct instruction i = {.unit = unit, .op = raw[2 * unit], .arg = arg | raw[2 * unit + 1]};
    i.next = unit + 1 + _PyOpcode_Caches[i.op];
    i.target = jump_of(unit, i.op, i.arg);
    return i;
}

int
jump_target(const plan *p, int unit)
{
    return jump_of(unit, p->op[unit], p->arg[unit]);
}

/* A number of the exception table: six bits a byte, the highest first. */
static int
read_table_number(const uint8_t **at)
{
    int value = **at & 63;
    while (*(*at)++ & 64) {
        value = value << 6 | (**at & 63);
    }
    return value;
}

/* A number of the table of locations: six bits a byte, the lowest first. */
static unsigned
read_location_number(const uint8_t **at)
{
    unsigned value = **at & 63, shift = 0;
    while (*(*at)++ & 64) {
        shift += 6;
        value |= (unsigned)(**at & 63) << shift;
    }
    return value;
}

static int
line_delta(const uint8_t *entry, int kind)
{
    if (kind == 13 || kind == 14) {
        const uint8_t *at = entry + 1;
        unsigned n = read_location_number(&at);
        return n & 1 ? -(int)(n >> 1) : (int)(n >> 1);
    }
    return kind >= 10 && kind <= 12 ? kind - 10 : 0;
}

/* Lines by unit; 0 where there is none. The first byte of an entry has its highest bit set, no other has. */
static void
read_lines(const PyCodeObject *code, int32_t *lines, int n_units)
{
    const uint8_t *at = (const uint8_t *)PyBytes_AS_STRING(code->co_linetable);
    const uint8_t *end = at + PyBytes_GET_SIZE(code->co_linetable);
    int line = code->co_firstlineno, unit = 0;
    while (at < end) {
        int kind = *at >> 3 & 15, length = (*at & 7) + 1;
        line += line_delta(at, kind);
        for (; length > 0 && unit < n_units; length--) {
            lines[unit++] = kind == 15 ? 0 : line;
        }
        for (at++; at < end && !(*at & 0x80); at++) {
        }
    }
}

struct range {
    int start, end, target, depth, lasti;
};

/* The exception table; the caller lets it go. */
static struct range *
read_ranges(const PyCodeObject *code, int *count)
{
    const uint8_t *at = (const uint8_t *)PyBytes_AS_STRING(code->co_exceptiontable);
    const uint8_t *end = at + PyBytes_GET_SIZE(code->co_exceptiontable);
    /* An entry has four bytes at least. */
    struct range *ranges = malloc(((size_t)(end - at) / 4 + 1) * sizeof *ranges);
    *count = 0;
    while (ranges != NULL && at < end) {
        struct range *r = &ranges[(*count)++];
        r->start = read_table_number(&at);
        r->end = r->start + read_table_number(&at);
        r->target = read_table_number(&at);
        int packed = read_table_number(&at);
        r->depth = packed >> 1;
        r->lasti = packed & 1;
    }
    return ranges;
}

/* An abstract run over all paths; -1 where none leads. */
struct walk {
    const uint8_t *raw;
    int n_units;
    int16_t *depth;
    struct range *ranges;
    int n_ranges, n_todo;
    struct todo {
        int unit, depth;
    } *todo;
};

static void
push_todo(struct walk *w, int unit, int depth)
{
    /* Each instruction is passed once, and adds its target and the handlers that nobody came to: of these each is the
     * target of a range. */
    if (unit >= 0 && unit < w->n_units && w->depth[unit] < 0) {
        w->todo[w->n_todo++] = (struct todo){unit, depth};
    }
}

static bool
ends_path(int op)
{
    return op == RETURN_VALUE || op == RETURN_CONST || op == RAISE_VARARGS || op == RERAISE || op == JUMP_FORWARD
        || op == JUMP_BACKWARD || op == JUMP_BACKWARD_NO_INTERRUPT;
}

static int
depth_after(const struct instruction *i, int depth, bool jump)
{
    if (i->op == SWAP || i->op == STORE_FAST_LOAD_FAST) {
        return depth;
    }
    int effect = PyCompile_OpcodeStackEffectWithJump(i->op, OPCODE_HAS_ARG(i->op) ? i->arg : 0, jump);
    return depth + effect < 0 ? 0 : depth + effect;
}

static void
walk_path(struct walk *w, int unit, int depth)
{
    while (unit < w->n_units && w->depth[unit] < 0) {
        struct instruction i = read_instruction(w->raw, unit);
        for (; unit <= i.unit; unit++) {
            w->depth[unit] = (int16_t)depth;
        }
        for (int k = 0; k < w->n_ranges; k++) {
            const struct range *r = &w->ranges[k];
            if (r->start <= i.unit && i.unit < r->end) {
                push_todo(w, r->target, r->depth + 1 + r->lasti);
            }
        }
        if (i.target >= 0) {
            push_todo(w, i.target, depth_after(&i, depth, true));
        }
        if (ends_path(i.op)) {
            return;
        }
        depth = depth_after(&i, depth, false);
        unit = i.next;
    }
}

static bool
find_depths(struct walk *w)
{
    size_t most = (size_t)w->n_units * (1 + (size_t)w->n_ranges) + 1;
    w->todo = malloc(most * sizeof *w->todo);
    if (w->todo == NULL) {
        return false;
    }
    memset(w->depth, 0xFF, (size_t)w->n_units * sizeof *w->depth);
    w->n_todo = 0;
    push_todo(w, 0, 0);
    while (w->n_todo > 0) {
        struct todo next = w->todo[--w->n_todo];
        walk_path(w, next.unit, next.depth);
    }
    for (int u = 0; u < w->n_units; u++) {
        w->depth[u] = w->depth[u] < 0 ? 0 : w->depth[u];
    }
    free(w->todo);
    return true;
}

static bool
is_shown(PyObject *name)
{
    return !(PyUnicode_GET_LENGTH(name) > 0 && PyUnicode_READ_CHAR(name, 0) == '.')
        && !PyUnicode_EqualToUTF8(name, "__class__") && !PyUnicode_EqualToUTF8(name, "__classdict__");
}

static bool
find_names(plan *p)
{
    PyObject *names = p->code->co_localsplusnames;
    const char *kinds = PyBytes_AS_STRING(p->code->co_localspluskinds);
    p->names = calloc((size_t)p->n_slots + 1, sizeof *p->names);
    for (int i = 0; p->names != NULL && i < p->n_slots; i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        if (is_shown(name)) {
            struct slot_name *n = &p->names[p->n_names++];
            n->slot = i;
            n->name = name;
            n->is_cell = (kinds[i] & (CO_FAST_CELL | CO_FAST_FREE)) != 0;
        }
    }
    return p->names != NULL;
}

/* Adds the globals that a code object and the code nested in it name. */
static bool
add_globals(PyObject *set, PyCodeObject *code)
{
    PyObject *bytes = PyCode_GetCode(code);
    if (bytes == NULL) {
        return false;
    }
    const uint8_t *raw = (const uint8_t *)PyBytes_AS_STRING(bytes);
    int n_units = (int)(PyBytes_GET_SIZE(bytes) / 2);
    bool fine = true;
    for (int unit = 0; fine && unit < n_units;) {
        struct instruction i = read_instruction(raw, unit);
        bool is_shifted = i.op == LOAD_GLOBAL;
        if (is_shifted || i.op == LOAD_NAME || i.op == STORE_GLOBAL || i.op == DELETE_GLOBAL
            || i.op == LOAD_FROM_DICT_OR_GLOBALS) {
            fine = PySet_Add(set, PyTuple_GET_ITEM(code->co_names, i.arg >> is_shifted)) == 0;
        }
        unit = i.next;
    }
    Py_DECREF(bytes);
    for (Py_ssize_t k = 0; fine && k < PyTuple_GET_SIZE(code->co_consts); k++) {
        PyObject *constant = PyTuple_GET_ITEM(code->co_consts, k);
        fine = !PyCode_Check(constant) || add_globals(set, (PyCodeObject *)constant);
    }
    return fine;
}

static PyObject *
globals_of(PyCodeObject *code)
{
    PyObject *set = PySet_New(NULL);
    PyObject *list = set != NULL && add_globals(set, code) ? PySequence_List(set) : NULL;
    Py_XDECREF(set);
    if (list != NULL && PyList_Sort(list) < 0) {
        Py_CLEAR(list);
    }
    return list;
}

/* Fills the arrays by unit. False where this code needs tracer.plan. */
static bool
read_units(plan *p, const uint8_t *raw, int16_t *depth, uint8_t *op, int32_t *arg)
{
    p->prologue_end = -1;
    for (int unit = 0; unit < p->n_units;) {
        struct instruction i = read_instruction(raw, unit);
        if (i.op == LOAD_FAST_AND_CLEAR) {
            return false;
        }
        if (i.op == RESUME && p->prologue_end < 0) {
            p->prologue_end = i.unit;
        }
        op[i.unit] = (uint8_t)i.op;
        arg[i.unit] = i.arg;
        unit = i.next;
    }
    p->prologue_end = p->prologue_end < 0 ? 0 : p->prologue_end;
    int n_ranges;
    struct walk w = {.raw = raw, .n_units = p->n_units, .depth = depth};
    w.ranges = read_ranges(p->code, &n_ranges);
    w.n_ranges = n_ranges;
    bool fine = w.ranges != NULL && find_depths(&w);
    int32_t *r = fine ? calloc(3 * (size_t)n_ranges + 1, sizeof *r) : NULL;
    for (int k = 0; r != NULL && k < n_ranges; k++) {
        r[3 * k] = w.ranges[k].start;
        r[3 * k + 1] = w.ranges[k].end;
        r[3 * k + 2] = w.ranges[k].target;
    }
    free(w.ranges);
    p->ranges = r;
    p->n_ranges = n_ranges;
    return r != NULL;
}

/* Works out the plan of a code object where it can; what it leaves behind where it cannot is let go with the plan. */
bool
find_facts(plan *p)
{
    if (!(p->code->co_flags & CO_OPTIMIZED)) {
        return false;
    }
    PyObject *bytes = PyCode_GetCode(p->code);
    size_t n = bytes == NULL ? 0 : (size_t)PyBytes_GET_SIZE(bytes) / 2;
    char *memory = n == 0 ? NULL : calloc(n + 1, sizeof(int32_t) * 2 + sizeof(int16_t) * 2 + 1);
    if (memory == NULL) {
        Py_XDECREF(bytes);
        return false;
    }
    p->memory = memory;
    p->n_units = (int)n;
    int32_t *line = (int32_t *)memory, *arg = line + n;
    int16_t *depth = (int16_t *)(arg + n);
    uint16_t *borrowed = (uint16_t *)(depth + n);
    uint8_t *op = (uint8_t *)(borrowed + n);
    p->line = line;
    p->arg = arg;
    p->depth = depth;
    p->borrowed = borrowed;
    p->op = op;
    p->is_optimized = true;
    read_lines(p->code, line, p->n_units);
    bool fine = read_units(p, (const uint8_t *)PyBytes_AS_STRING(bytes), depth, op, arg) && find_names(p);
    p->globals = fine ? globals_of(p->code) : NULL;
    Py_DECREF(bytes);
    return p->globals != NULL;
}
