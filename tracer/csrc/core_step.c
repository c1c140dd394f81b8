/* Lines and instructions: the events that are most of a trace, in their general way. */
#include "core.h"
#include "core_event.h"
#include "core_heard.h"
#include "core_makes.h"
#include "opcode_ids.h"

PyObject *core_disable; /* owned, for the life of the process */

/* Before the line at `unit` runs. */
static inline __attribute__((always_inline)) void
write_line(frame *fr, int unit)
{
    const struct place *place = &fr->p->places[unit];
    struct pen w;
    if (!write_head(EV_LINE, fr, place, &w)) {
        return;
    }
    if (__builtin_expect(place->start != 0, 0)) {
        T.record[0] = EV_LINE_AT;
        w.at = raw_uint(w.at, place->start);
    }
    write_state(fr, unit, false, &w);
    int kept = stack_look(fr, fr->since->low, place->depth);
    fr->since = place;
    write_rest(fr, kept, false, &w);
}

/* The texts of an instruction for the first time; their bytes are kept where they were short. */
static __attribute__((noinline)) void
put_new_texts(const plan *p, int unit)
{
    PyObject *op = op_text(p, unit), *arg = arg_text(p, unit);
    if (op == NULL || arg == NULL) {
        Py_XDECREF(op);
        Py_XDECREF(arg);
        no_memory();
        return;
    }
    bool has_arg = arg != Py_None;
    uint32_t op_k = put_str(op), arg_k = 0;
    put_u8(has_arg);
    if (has_arg) {
        arg_k = put_str(arg);
    }
    if (op_k != 0 && (arg_k != 0 || !has_arg)) {
        uint8_t bytes[16] = {0};
        uint8_t *at = raw_uint(bytes + 1, op_k);
        *at++ = has_arg;
        at = has_arg ? raw_uint(at, arg_k) : at;
        if (at <= bytes + 7) {
            bytes[7] = (uint8_t)(at - bytes);
            memcpy(&p->places[unit].texts, bytes, 8);
        }
    }
    Py_DECREF(op);
    Py_DECREF(arg);
}

static inline void
write_texts(const plan *p, int unit, const struct place *place, struct pen *w)
{
    uint64_t known = place->texts;
    if (__builtin_expect(known == 0, 0)) {
        pen_lend(w);
        put_new_texts(p, unit);
        pen_back(w);
        return;
    }
    uint64_t texts = known >> 8;
    memcpy(w->at, &texts, 8);
    w->at += (known >> 56) - 1;
}

/* Before the instruction at `unit` runs. */
static inline __attribute__((always_inline)) void
write_instruction(frame *fr, int unit, const struct place *place)
{
    struct pen w;
    if (!write_head(EV_INSTRUCTION, fr, place, &w)) {
        return;
    }
    write_texts(fr->p, unit, place, &w);
    bool is_calm = fr->since->calm == CALM_ALWAYS;
    write_state(fr, unit, is_calm, &w);
    int kept = stack_look(fr, fr->since->low, place->depth);
    fr->since = place;
    write_rest(fr, kept, is_calm, &w);
}

static inline __attribute__((always_inline)) PyObject *
hear_line(PyObject *const *args, bool is_fine)
{
    frame *fr = running(args[0]);
    if (fr != NULL) {
        int unit = (int)((const _Py_CODEUNIT *)fr->f->instr_ptr - fr->p->first);
        if (unit > fr->p->prologue_end) {
            check_point(fr, fr->f, false);
            write_line(fr, unit);
            if (is_fine && fr->p->places[unit].act != ACT_SKIP) {
                /* The next event is that of the instruction there. */
                fr->since = &fr->p->nothing;
            }
        }
    }
    Py_RETURN_NONE;
}

CALLBACK(on_line)
{
    return count_of(nargsf) < 2 ? Py_NewRef(Py_None) : hear_line(args, false);
}

/* Where instructions are events, too. */
PyObject *
tell_line(PyObject *const *args)
{
    return hear_line(args, true);
}

/* A jump leads to one place: where that is no earlier one of its line, it is never an event. */
static bool
is_loop_on_line(const plan *p, int unit, int target)
{
    return target <= unit && p->line[unit] != 0 && p->line[unit] == p->line[target];
}

/* One more round of a loop on one line. */
static __attribute__((noinline)) void
write_round(frame *fr, int unit)
{
    write_line(fr, unit);
}

CALLBACK(on_jump)
{
    frame *fr = count_of(nargsf) < 3 ? NULL : running(args[0]);
    if (fr != NULL) {
        int unit = unit_of(fr->p, args[1]);
        if (!is_loop_on_line(fr->p, unit, unit_of(fr->p, args[2]))) {
            return Py_NewRef(core_disable);
        }
        check_point(fr, fr->f, false);
        write_round(fr, unit);
    }
    Py_RETURN_NONE;
}

/* A call of a traced function changes nothing by itself, and is not listed. */
static bool
calls_traced(const frame *fr, int unit)
{
    const plan *p = fr->p;
    PyObject *const *stack = fr->f->localsplus + p->code->co_nlocalsplus;
    PyObject *callee = stack[p->depth[unit] - 2 - p->arg[unit]];
    return callee != NULL && PyFunction_Check(callee)
        && find_plan(((PyFunctionObject *)callee)->func_code) != NULL;
}

/* Looks at what an instruction can change or show. Whether its events may be switched off. */
static bool
look_ahead(frame *fr, int unit, int act)
{
    plan *p = fr->p;
    if (act == ACT_CALL) {
        if (p->op[unit] == CALL && (note_quiet_call(fr, unit) || calls_traced(fr, unit))) {
            return false;
        }
        note_call(fr, unit);
    } else if (act == ACT_ORDER) {
        note_order(fr, unit);
    }
    if (!T.is_exact) {
        return false;
    }
    if (!p->places[unit].benign && (expect_effects(fr, unit) || act == ACT_ORDER || !may_switch_off(p, unit))) {
        return false;
    }
    p->places[unit].benign = 1;
    return T.granularity != GRAN_INSTRUCTION;
}

static inline bool
is_simple_scalar(PyObject *v)
{
    return v != NULL && (Py_IS_TYPE(v, &PyLong_Type) || Py_IS_TYPE(v, &PyFloat_Type) || Py_IS_TYPE(v, &PyUnicode_Type));
}

/* An operator, or an attribute, of numbers or strings that may be of other types the next time. */
static inline bool
is_quiet_once(const frame *fr, int unit, int act)
{
    const plan *p = fr->p;
    PyObject *const *top = fr->operands + p->places[unit].depth;
    return p->guards[unit] == NEVER_OFF && is_simple_scalar(top[-1])
        && (act == ACT_OPERAND || is_simple_scalar(top[-2]));
}

/* An item of a large list: what is known of it is seldom in a cache, but the item itself is, where it was read just now. */
static void
expect_cut(struct pending *p)
{
    const obj *o = find_obj(p->v);
    const def *d = o == NULL ? NULL : o->def;
    if (d != NULL && p->at >= d->items.n && p->at < PyList_GET_SIZE(p->v) && p->at < d->items.n + d->cut.n) {
        p->had_int = read_exact_int(PyList_GET_ITEM(p->v, p->at), &p->was);
        __builtin_prefetch(&d->cut.at[p->at - d->items.n], 1);
    }
}

/* A store into a list at an int: just that item can change. Of a dict with a number the interpreter tells. */
static inline bool
expect_item(frame *fr, const struct place *place)
{
    PyObject *const *top = fr->operands + place->depth;
    PyObject *list = top[-2], *key = top[-1];
    if (list == NULL || key == NULL || !T.is_exact) {
        return false;
    }
    if (PyDict_CheckExact(list)) {
        return is_simple_scalar(key) && find_obj(list) != NULL;
    }
    if (!PyList_CheckExact(list) || !PyLong_CheckExact(key) || !_PyLong_IsCompact((PyLongObject *)key)
        || fr->n_pending > 0) {
        return false;
    }
    Py_ssize_t at = _PyLong_CompactValue((PyLongObject *)key), n = PyList_GET_SIZE(list);
    T.n_open++;
    fr->n_pending = 1;
    struct pending *p = &fr->pending[0];
    *p = (struct pending){.v = list, .how = PEND_AT, .at = at < 0 ? at + n : at};
    if (__builtin_expect(p->at >= T.limits.items, 0)) {
        expect_cut(p);
    }
    return true;
}

/* What on_instruction() does once the check point is over and the event, where it is one, is written. */
static inline __attribute__((always_inline)) PyObject *
look_at(frame *fr, int unit, const struct place *place)
{
    int act = place->act;
    if ((act > ACT_NONE && act <= ACT_OPERATOR && is_quiet_once(fr, unit, act)) || (act == ACT_STORE && expect_item(fr, place))
        || !look_ahead(fr, unit, act)) {
        Py_RETURN_NONE;
    }
    return Py_NewRef(core_disable);
}

static inline __attribute__((always_inline)) PyObject *
hear_instruction(PyObject *const *args, bool is_event)
{
    frame *fr = running(args[0]);
    if (fr == NULL) {
        Py_RETURN_NONE;
    }
    int unit = unit_of(fr->p, args[1]);
    const struct place *place = &fr->p->places[unit];
    if (place->act == ACT_SKIP) {
        Py_RETURN_NONE;
    }
    check_point(fr, fr->f, false);
    fr->told_unit = unit;
    if (is_event) {
        write_instruction(fr, unit, place);
        /* Here places are passed over that elsewhere are switched off. */
        if (place->benign) {
            Py_RETURN_NONE;
        }
    }
    return look_at(fr, unit, place);
}

/* Where instructions are events. */
PyObject *
tell_instruction(PyObject *const *args)
{
    return hear_instruction(args, true);
}

/* Where they are not. */
CALLBACK(on_instruction)
{
    return count_of(nargsf) < 2 ? Py_NewRef(Py_None) : hear_instruction(args, false);
}

/* What follows an event of an instruction that may change or show something. */
PyObject *
look_after(frame *fr, const struct place *place)
{
    return look_at(fr, (int)(place - fr->p->places), place);
}

/* The event of an instruction before which nothing else is to be looked at. */
PyObject *
tell_known(frame *fr, const struct place *place)
{
    int unit = (int)(place - fr->p->places);
    write_instruction(fr, unit, place);
    return place->benign ? Py_NewRef(Py_None) : look_at(fr, unit, place);
}

/* The event of a line, likewise, where instructions are events, too: the next is that of the one there. */
PyObject *
tell_known_line(frame *fr, const struct place *place)
{
    write_line(fr, (int)(place - fr->p->places));
    fr->since = &fr->p->nothing;
    Py_RETURN_NONE;
}
