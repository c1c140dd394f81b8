/* Weak references: what one is over changes as that ends, of which the interpreter tells. So they are not looked at anew at
 * each check point, and an end costs as much as it has references. */
#include "core.h"
#include "core_effect.h"

static PyWeakReference *
references_to(PyObject *v)
{
    /* Below the object where the interpreter manages it. */
    Py_ssize_t offset = Py_TYPE(v)->tp_weaklistoffset;
    return offset == 0 ? NULL : *(PyWeakReference **)((char *)v + offset);
}

static bool
is_cleared(PyObject *reference)
{
    return ((PyWeakReference *)reference)->wr_object == Py_None;
}

/* Whether the end of an object calls what the interpreter does not tell of as traced code that begins. */
bool
has_unseen_callbacks(PyObject *v)
{
    for (const PyWeakReference *r = references_to(v); r != NULL; r = r->wr_next) {
        PyObject *callback = r->wr_callback;
        if (callback != NULL && PyMethod_Check(callback)) {
            callback = PyMethod_GET_FUNCTION(callback);
        }
        if (callback != NULL && !is_traced_function(callback)) {
            return true;
        }
    }
    return false;
}

/* Whether something tells of all changes of a weak reference, or a view of memory, that is defined. */
bool
is_told_by_end(const obj *o)
{
    if (o->def == NULL || !Py_IS_TYPE(o->o, &_PyWeakref_RefType)) {
        return false;
    }
    val over = o->def->links[0];
    if (over == 0 || (over & VAL_TAG) != VAL_OBJ || val_obj(over)->o == NULL || val_obj(over)->dying) {
        return over == 0 && is_cleared(o->o);
    }
    val_obj(over)->has_references = 1;
    return true;
}

/* Whether a reference that is looked at each time has lost what it was over, and that is told. */
bool
is_settled_reference(const obj *o)
{
    return o->kind == K_WEAKREF && Py_IS_TYPE(o->o, &_PyWeakref_RefType) && o->def != NULL && o->def->links[0] == 0
        && is_cleared(o->o);
}

/* The end of a numbered object begins: its references are looked at, each time where its finaliser runs first. */
void
doubt_references(const obj *o, bool has_finaliser)
{
    if (!o->has_references) {
        return;
    }
    bool found = false;
    for (PyWeakReference *r = references_to(o->o); r != NULL; r = r->wr_next) {
        obj *reference = find_obj((PyObject *)r);
        if (reference == NULL || reference->kind != K_WEAKREF) {
            continue;
        }
        found = true;
        if (has_finaliser) {
            list_always(reference);
        } else {
            mark_dirty(reference);
        }
    }
    /* The collector has let them go of it before. */
    T.must_scan |= !found;
}
