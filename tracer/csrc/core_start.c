/* Places of lines. A line that spans several rows of an expression, or that the compiler wrote twice, begins at more than
 * one place; with equal values on the operand stack nothing else tells in which of them an activation is (§2.3). */
#include "core.h"
#include <stdlib.h>

#define START_MAX 65535

struct spot {
    int32_t line;
    int depth, unit;
};

/* By line, depth and unit. */
static int
compare_spots(const void *one, const void *other)
{
    const struct spot *a = one, *b = other;
    if (a->line != b->line) {
        return a->line < b->line ? -1 : 1;
    }
    if (a->depth != b->depth) {
        return a->depth < b->depth ? -1 : 1;
    }
    return a->unit - b->unit;
}

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

static int
take_spots(const plan *p, const bool *marked, struct spot *spots)
{
    int n = 0;
    for (int u = 0; u < p->n_units; u++) {
        if (marked[u] && p->line[u] != 0) {
            spots[n++] = (struct spot){.line = p->line[u], .depth = p->depth[u], .unit = u};
        }
    }
    return n;
}

/* Numbers the places of each line and depth, from 0. False where memory is out. */
bool
find_starts(plan *p)
{
    size_t n_units = (size_t)p->n_units;
    bool *marked = calloc(n_units + 1, sizeof *marked);
    struct spot *spots = calloc(n_units + 1, sizeof *spots);
    bool fine = marked != NULL && spots != NULL;
    if (fine) {
        mark_starts(p, marked);
        int n = take_spots(p, marked, spots);
        qsort(spots, (size_t)n, sizeof *spots, compare_spots);
        for (int i = 1, start = 0; i < n; i++) {
            bool is_same = spots[i].line == spots[i - 1].line && spots[i].depth == spots[i - 1].depth;
            start = is_same ? start + 1 : 0;
            p->places[spots[i].unit].start = (uint16_t)(start < START_MAX ? start : START_MAX);
        }
    }
    free(marked);
    free(spots);
    return fine;
}
