/* Places of lines. A line that spans several rows of an expression, or that the compiler wrote twice, begins at more than
 * one place; with equal values on the operand stack nothing else tells in which of them an activation is (§2.3). */
#include "core.h"
#include <stdlib.h>

#define START_MAX 65535

/* Marks where a line event can be: where the line changes, where jumps and handlers lead, and where a loop on one line
 * goes back. */
static void
mark_starts(const plan *p, bool *marked)
{
    for (int u = 0; u < p->n_units; u++) {
        marked[u] = marked[u] || u == 0 || p->line[u] != p->line[u - 1];
        int target = p->op[u] == 0 ? -1 : jump_target(p, u);
        if (target >= 0 && target < p->n_units) {
            marked[target] = true;
            marked[u] = marked[u] || (target <= u && p->line[u] == p->line[target]);
        }
    }
    for (int k = 0; k < p->n_ranges; k++) {
        marked[p->ranges[3 * k + 2]] = true;
    }
}

/* How many values are on the operand stack at most, and one more: -1 is the depth where no instruction starts. */
static size_t
count_depths(const plan *p)
{
    int deepest = 0;
    for (int u = 0; u < p->n_units; u++) {
        deepest = Py_MAX(deepest, p->depth[u]);
    }
    return (size_t)deepest + 2;
}

/* Numbers the marked places of one line; the counts of all depths are 0, and are again. */
static void
number_starts(plan *p, const bool *marked, const struct unit_of_line *units, int n, int *counts)
{
    for (int k = 0; k < n; k++) {
        int u = units[k].unit;
        if (marked[u]) {
            int start = counts[p->depth[u] + 1]++;
            p->places[u].start = (uint16_t)Py_MIN(start, START_MAX);
        }
    }
    for (int k = 0; k < n; k++) {
        counts[p->depth[units[k].unit] + 1] = 0;
    }
}

/* Numbers the places of each line and depth, from 0. False where memory is out. */
bool
find_starts(plan *p)
{
    bool *marked = calloc((size_t)p->n_units + 1, sizeof *marked);
    int *counts = calloc(count_depths(p), sizeof *counts);
    struct unit_of_line *units = units_by_line(p);
    bool fine = marked != NULL && counts != NULL && units != NULL;
    if (fine) {
        mark_starts(p, marked);
    }
    for (int k = 0, n = 1; fine && k < p->n_units; k += n, n = 1) {
        while (k + n < p->n_units && units[k + n].line == units[k].line) {
            n++;
        }
        if (units[k].line != 0) {
            number_starts(p, marked, &units[k], n, counts);
        }
    }
    free(marked);
    free(counts);
    free(units);
    return fine;
}
