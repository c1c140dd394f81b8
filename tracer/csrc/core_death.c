/* Deaths of numbered objects. While all are of a few built-in types, the deallocators of these types tell of them: what
 * the program makes and drops beside them costs nothing. From the first object of another type on the interpreter tells
 * of every allocation and deallocation. Both tell at the same moment: before anything of the object is taken apart. */
#include "core.h"

#define HOOKS 64
static struct hook {
    PyTypeObject *type;
    destructor original;
    bool deposits; /* its deallocator uses the trashcan, after it untracked the object */
} hooks[HOOKS]; /* by address of the type */
static int n_hooks;
static bool is_watching_all;

static inline size_t
slot_of(const PyTypeObject *type)
{
    return (size_t)((((uintptr_t)type >> 4) * 0x9E3779B97F4A7C15ull) >> 58);
}

static inline const struct hook *
find_hook(const PyTypeObject *type)
{
    for (size_t i = slot_of(type); hooks[i].type != NULL; i = (i + 1) % HOOKS) {
        if (hooks[i].type == type) {
            return &hooks[i];
        }
    }
    return NULL;
}

/* An instruction of the record lets go of a numbered object. What the one before it changed is seen now where nothing
 * else looked since: places that change nothing are not told of. What this instruction itself changed is not seen. */
static void
check_before_end(PyObject *v, const PyThreadState *state)
{
    frame *fr = T.top;
    if (!T.running || fr == NULL || state == NULL || fr->f != state->current_frame) {
        return;
    }
    int unit = (int)((const _Py_CODEUNIT *)fr->f->instr_ptr - fr->p->first);
    if (unit < 0 || unit >= fr->p->n_units || unit == fr->told_unit) {
        return;
    }
    PyObject *error = PyErr_GetRaisedException();
    Py_ssize_t count = Py_REFCNT(v);
    /* It is looked at like any other. */
    Py_SET_REFCNT(v, 1);
    check_point(fr, fr->f, false);
    Py_SET_REFCNT(v, count);
    PyErr_SetRaisedException(error);
}

/* Stands in for tp_dealloc. A subclass may come here too, for the part of its base. */
static void
on_dealloc(PyObject *v)
{
    PyTypeObject *type = Py_TYPE(v);
    const struct hook *h = find_hook(type);
    while (h == NULL) {
        type = type->tp_base;
        h = find_hook(type);
    }
    if (type == &PyType_Type) {
        types_forget();
    }
    obj *o = Py_IS_TYPE(v, h->type) ? find_obj(v) : NULL;
    if (o != NULL) {
        check_before_end(v, this_thread());
        expect_end_of(v, this_thread());
        doubt_references(o, false);
        forget(o);
    }
    if (h->deposits && Py_IS_TYPE(v, h->type)) {
        PyThreadState *state = this_thread();
        /* What the deallocator itself would do, had it still its place in the type. */
        if (state->c_recursion_remaining <= Py_TRASHCAN_HEADROOM) {
            PyObject_GC_UnTrack(v);
            _PyTrash_thread_deposit_object(state, v);
            return;
        }
    }
    h->original(v);
}

static void
add_hook(PyTypeObject *type, bool deposits)
{
    size_t i = slot_of(type);
    while (hooks[i].type != NULL) {
        i = (i + 1) % HOOKS;
    }
    hooks[i] = (struct hook){type, type->tp_dealloc, deposits};
    n_hooks++;
    type->tp_dealloc = on_dealloc;
}

static bool
is_hookable(const PyTypeObject *type, bool *deposits)
{
    static PyTypeObject *const plain[] = {
        &PyFunction_Type,   &PyCell_Type,         &PyMethod_Type,       &PySlice_Type,
        &PyRange_Type,      &PyRangeIter_Type,    &PyLongRangeIter_Type, &PyListIter_Type,
        &PyListRevIter_Type, &PyTupleIter_Type,   &PyUnicodeIter_Type,  &PyBytesIter_Type,
        &PyReversed_Type,   &PyDictIterKey_Type,  &PyDictIterValue_Type, &PyDictIterItem_Type,
        &PySetIter_Type,    &PyEnum_Type,         &PyMap_Type,          &PyZip_Type,
        &PyFilter_Type,     &PyDictKeys_Type,     &PyDictValues_Type,   &PyDictItems_Type,
        &PyType_Type,       &PyModule_Type,       &PyMethodDescr_Type,
    };
    static PyTypeObject *const deep[] = {
        &PyList_Type, &PyTuple_Type, &PyDict_Type, &PySet_Type, &PyFrozenSet_Type, &PyCFunction_Type,
    };
    *deposits = false;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(deep); i++) {
        *deposits |= deep[i] == type;
    }
    bool found = *deposits || type == lib.ascii_iterator;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(plain); i++) {
        found |= plain[i] == type;
    }
    return found;
}

static int
on_reference(PyObject *v, PyRefTracerEvent event, void *Py_UNUSED(data))
{
    if (event == PyRefTracer_CREATE) {
        note_begin(v);
        if (T.n_dying == 0) {
            return 0;
        }
    }
    PyTypeObject *type = Py_TYPE(v);
    if (T.n_dying == 0
        && (type == &PyLong_Type || type == &PyUnicode_Type || type == &PyFloat_Type)) {
        return 0;
    }
    PyThreadState *state = PyThreadState_GetUnchecked();
    /* Not the place to end those that die: this may come between a deallocation's begin and its finaliser. */
    iframe *f = state == NULL ? NULL : state->current_frame;
    if (PyType_Check(v)) {
        types_forget();
    }
    obj *o = find_obj(v);
    if (event == PyRefTracer_DESTROY) {
        if (o != NULL) {
            check_before_end(v, state);
        }
        expect_end_of(v, state);
        if (o != NULL) {
            doubt_references(o, ending_has_finaliser(v));
        }
    }
    if (o == NULL) {
        if (event == PyRefTracer_DESTROY) {
            note_end(v, f);
        }
        return 0;
    }
    if (event == PyRefTracer_DESTROY && begins_to_die(o, f)) {
        return 0;
    }
    if (o->dying) {
        leave_dying(o);
    }
    forget(o);
    return 0;
}

static void
unhook(void)
{
    for (int i = 0; i < HOOKS; i++) {
        if (hooks[i].type != NULL && hooks[i].type->tp_dealloc == on_dealloc) {
            hooks[i].type->tp_dealloc = hooks[i].original;
        }
    }
}

/* Arranges that the death of objects of this type will be told. */
void
watch_deaths_of(PyTypeObject *type)
{
    if (is_watching_all || find_hook(type) != NULL) {
        return;
    }
    bool deposits;
    if (n_hooks < HOOKS / 2 && is_hookable(type, &deposits)) {
        add_hook(type, deposits);
        return;
    }
    is_watching_all = true;
    unhook();
    if (PyRefTracer_SetTracer(on_reference, NULL) < 0) {
        fault("deaths of objects cannot be seen");
    }
    note_unheard_ends();
}

/* Deaths are told from here on. */
void
deaths_start(void)
{
    memset(hooks, 0, sizeof hooks);
    n_hooks = 0;
    is_watching_all = false;
    watch_deaths_of(&PyType_Type);
}

void
deaths_end(void)
{
    if (is_watching_all) {
        PyRefTracer_SetTracer(NULL, NULL);
    }
    unhook();
    is_watching_all = false;
}
