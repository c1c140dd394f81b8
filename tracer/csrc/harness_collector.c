/* What the collector shows a program, and when it runs: the program's own objects, and what these alone would cause. PID 1's
 * objects, those that a child makes before the program, between its parts and beside it lie in lists of ours, where they
 * live and end as ever. So both roles show the same. */
#define Py_BUILD_CORE 1
#include "harness.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "internal/pycore_ceval.h"
#include "internal/pycore_gc.h"
#include "internal/pycore_interp.h"
#include "internal/pycore_pystate.h"
#pragma GCC diagnostic pop
#include "collector.h"

static PyGC_Head inherited; /* what PID 1 made */
static PyGC_Head hidden;    /* what a child of it made beside the program */
static PyObject *edge;      /* behind it lie the objects that are made while the program does not run */
static bool is_settled;
static struct {
    int enabled, counts[NUM_GENERATIONS];
    uintptr_t is_due;
} program;
static struct _Py_object_freelists freed; /* of the program while the harness runs, and the other way round */

static void
begin_list(PyGC_Head *list)
{
    _PyGCHead_SET_NEXT(list, list);
    _PyGCHead_SET_PREV(list, list);
}

/* Out of the list in which it lies, and in front of `after`. */
static void
move_one(PyObject *object, PyGC_Head *after)
{
    PyGC_Head *at = _Py_AS_GC(object);
    collector_move(_PyGCHead_PREV(at), _PyGCHead_NEXT(at), after);
}

static struct _gc_runtime_state *
collector(void)
{
    return &PyInterpreterState_Get()->gc;
}

static void
move_all(struct _gc_runtime_state *gc, PyGC_Head *to)
{
    for (int i = 0; i < NUM_GENERATIONS; i++) {
        collector_move(&gc->generations[i].head, &gc->generations[i].head, to);
    }
}

static bool
is_head(struct _gc_runtime_state *gc, const PyGC_Head *at)
{
    bool found = false;
    for (int i = 0; i < NUM_GENERATIONS; i++) {
        found = found || at == &gc->generations[i].head;
    }
    return found;
}

/* Hides what was made behind the edge, and the edge. Where a thread of the program froze that meanwhile, it stays where it
 * is. */
static void
hide_behind_edge(struct _gc_runtime_state *gc)
{
    PyGC_Head *start = _Py_AS_GC(edge), *end = _PyGCHead_NEXT(start);
    while (end != start && !is_head(gc, end)) {
        end = _PyGCHead_NEXT(end);
    }
    if (end != start) {
        collector_move(_PyGCHead_PREV(start), end, &hidden);
    }
}

/* settle_collector(): for PID 1, when all is collected. Nothing that is there now is shown, counted or collected any more. */
PyObject *
harness_settle_collector(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    struct _gc_runtime_state *gc = collector();
    edge = PyList_New(0);
    if (edge == NULL) {
        return NULL;
    }
    begin_list(&inherited);
    begin_list(&hidden);
    move_all(gc, &inherited);
    memset(gc->generation_stats, 0, sizeof gc->generation_stats);
    for (int i = 0; i < NUM_GENERATIONS; i++) {
        gc->generations[i].count = 0;
    }
    gc->long_lived_total = gc->long_lived_pending = 0;
    gc->enabled = 0;
    is_settled = true;
    /* A program has none at first, and PID 1 keeps its own. */
    collector_swap_freed(&freed);
    harness_hide_rest(PyThreadState_Get());
    Py_RETURN_NONE;
}

/* The program goes on. */
void
harness_show_program(PyThreadState *state)
{
    struct _gc_runtime_state *gc = collector();
    if (!is_settled) {
        return;
    }
    hide_behind_edge(gc);
    for (int i = 0; i < NUM_GENERATIONS; i++) {
        gc->generations[i].count = program.counts[i];
    }
    gc->enabled = program.enabled;
    collector_swap_freed(&freed);
    _Py_set_eval_breaker_bit(state, program.is_due);
}

/* The program does not run: nothing is collected until it does. */
void
harness_hide_rest(PyThreadState *state)
{
    struct _gc_runtime_state *gc = collector();
    if (!is_settled) {
        return;
    }
    for (int i = 0; i < NUM_GENERATIONS; i++) {
        program.counts[i] = gc->generations[i].count;
    }
    program.enabled = gc->enabled;
    program.is_due = _Py_atomic_load_uintptr_relaxed(&state->eval_breaker) & _PY_GC_SCHEDULED_BIT;
    _Py_unset_eval_breaker_bit(state, _PY_GC_SCHEDULED_BIT);
    gc->enabled = 0;
    collector_swap_freed(&freed);
    move_one(edge, gc->generation0);
}

/* show(object, ...): each counts as an object of the program, in whose hands it will be. */
PyObject *
harness_show(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (!harness_is_ours()) {
        return harness_refuse();
    }
    for (Py_ssize_t i = 0; is_settled && i < count; i++) {
        if (PyObject_IS_GC(args[i]) && PyObject_GC_IsTracked(args[i])) {
            move_one(args[i], _Py_AS_GC(edge));
        }
    }
    Py_RETURN_NONE;
}
