/* What can be stored, and is left on the operand stack, between two events of a frame: where lines are told, only
 * instructions of the first one's line run between them, and such without a line, from lower to higher units. */
#include "core.h"
#include "core_makes.h"
#include "opcode_ids.h"

static int
by_line(const void *a, const void *b)
{
    const struct unit_of_line *x = a, *y = b;
    return x->line != y->line ? (x->line < y->line ? -1 : 1) : x->unit - y->unit;
}

/* Puts the units of each line beside each other by counting them. False where lines are far apart, or without memory. */
static bool
count_lines(const plan *p, struct unit_of_line *units)
{
    int64_t low = INT32_MAX, high = 0;
    for (int u = 0; u < p->n_units; u++) {
        low = p->line[u] != 0 ? Py_MIN(low, p->line[u]) : low;
        high = Py_MAX(high, p->line[u]);
    }
    int64_t n = high - low + 2; /* the first is for units without a line */
    int *next = low < 1 || n < 2 || n > 4 * (int64_t)p->n_units ? NULL : calloc((size_t)n + 1, sizeof *next);
    if (next == NULL) {
        return false;
    }
    for (int u = 0; u < p->n_units; u++) {
        next[p->line[u] == 0 ? 1 : p->line[u] - low + 2]++;
    }
    for (int64_t k = 1; k <= n; k++) {
        next[k] += next[k - 1];
    }
    for (int u = 0; u < p->n_units; u++) {
        units[next[p->line[u] == 0 ? 0 : p->line[u] - low + 1]++] = (struct unit_of_line){p->line[u], u};
    }
    free(next);
    return true;
}

/* All units, those of a line beside each other, from lower to higher ones. NULL without memory. */
struct unit_of_line *
units_by_line(const plan *p)
{
    struct unit_of_line *units = malloc(((size_t)p->n_units + 1) * sizeof *units);
    if (units == NULL || count_lines(p, units)) {
        return units;
    }
    for (int u = 0; u < p->n_units; u++) {
        units[u] = (struct unit_of_line){p->line[u], u};
    }
    qsort(units, (size_t)p->n_units, sizeof *units, by_line);
    return units;
}

/* By unit: what may have been stored since the last event. NULL without memory. */
uint64_t *
find_stored(const plan *p)
{
    uint64_t *stored = calloc((size_t)p->n_units + 1, sizeof *stored), anywhere = 0, line = 0;
    struct unit_of_line *units = units_by_line(p);
    if (stored == NULL || units == NULL) {
        free(stored);
        free(units);
        return NULL;
    }
    for (int u = 0; u < p->n_units; u++) {
        anywhere |= p->line[u] == 0 || p->op[u] == LOAD_FAST_AND_CLEAR ? p->unit_stores[u] : 0;
    }
    for (int k = 0; k < p->n_units; k++) {
        line = k > 0 && units[k].line == units[k - 1].line ? line : 0;
        stored[units[k].unit] = anywhere | line;
        line |= p->unit_stores[units[k].unit];
    }
    free(units);
    return stored;
}

/* So many values from below on the operand stack are left as they are by an instruction. */
static int
low_of(const plan *p, int unit)
{
    int low = p->op[unit] == 0 ? INT16_MAX : p->depth[unit] - popped_by(p, unit);
    return low > 0 ? low : 0;
}

/* Where the events of all instructions are told, or none. */
static void
find_unit_places(plan *p)
{
    for (int u = 0; u < p->n_units; u++) {
        p->places[u].stores = p->unit_stores[u];
        p->places[u].low = T.granularity == GRAN_INSTRUCTION ? (int16_t)low_of(p, u) : 0;
    }
}

/* The units of one line, where `anywhere` is stored by those without a line, which leave so many values. */
static void
find_line_place(plan *p, const struct unit_of_line *units, int n, struct place anywhere)
{
    uint64_t stores = units->line == 0 ? p->all : anywhere.stores;
    int low = units->line == 0 ? 0 : anywhere.low;
    for (int k = 0; k < n && units->line != 0; k++) {
        stores |= p->unit_stores[units[k].unit];
        low = Py_MIN(low, low_of(p, units[k].unit));
    }
    for (int k = 0; k < n; k++) {
        p->places[units[k].unit].stores = stores;
        p->places[units[k].unit].low = (int16_t)low;
    }
}

static bool
find_line_places(plan *p)
{
    struct unit_of_line *units = units_by_line(p);
    if (units == NULL) {
        return false;
    }
    struct place anywhere = {.stores = p->cells, .low = INT16_MAX};
    for (int k = 0; k < p->n_units; k++) {
        int u = units[k].unit;
        anywhere.stores |= p->line[u] == 0 ? p->unit_stores[u] : 0;
        anywhere.low = p->line[u] == 0 ? (int16_t)Py_MIN(anywhere.low, low_of(p, u)) : anywhere.low;
    }
    for (int k = 0, n = 1; k < p->n_units; k += n, n = 1) {
        while (k + n < p->n_units && units[k + n].line == units[k].line) {
            n++;
        }
        find_line_place(p, &units[k], n, anywhere);
    }
    free(units);
    return true;
}

/* Fills in what the places of a plan say of it. False without memory. */
bool
find_between(plan *p)
{
    if (T.granularity == GRAN_LINE) {
        bool fine = find_line_places(p);
        p->begun = p->places[p->prologue_end];
        return fine;
    }
    find_unit_places(p);
    if (T.granularity == GRAN_CALL) {
        p->begun = p->anything;
    }
    return true;
}
