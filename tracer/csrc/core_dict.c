/* Dicts: the interpreter tells of each change before it is made. One changed or added key is remembered by its place. */
#include "core.h"

static int watcher = -1; /* for the life of the process */

static Py_ssize_t
index_at(const PyDictKeysObject *keys, size_t i)
{
    if (keys->dk_log2_size < 8) {
        return ((const int8_t *)keys->dk_indices)[i];
    }
    return keys->dk_log2_size < 16 ? ((const int16_t *)keys->dk_indices)[i] : ((const int32_t *)keys->dk_indices)[i];
}

/* Hash of a key whose comparison runs no code; -1 where it is none. */
static Py_hash_t
plain_hash(PyObject *key)
{
    if (PyUnicode_CheckExact(key)) {
        return ((PyASCIIObject *)key)->hash;
    }
    return PyLong_CheckExact(key) ? PyObject_Hash(key) : -1;
}

/* The key of an entry, where it has this hash; else NULL. */
static inline PyObject *
key_at(PyDictKeysObject *keys, Py_ssize_t at, Py_hash_t hash)
{
    if (DK_IS_UNICODE(keys)) {
        PyObject *key = DK_UNICODE_ENTRIES(keys)[at].me_key;
        return key != NULL && ((PyASCIIObject *)key)->hash == hash ? key : NULL;
    }
    return DK_ENTRIES(keys)[at].me_hash == hash ? DK_ENTRIES(keys)[at].me_key : NULL;
}

/* Where an entry stands whose key is of the same type and content; -1 where none is found. */
static Py_ssize_t
entry_of(PyDictObject *dict, PyObject *key)
{
    PyDictKeysObject *keys = dict->ma_keys;
    Py_hash_t hash = plain_hash(key);
    if (hash == -1 || dict->ma_values != NULL || keys->dk_log2_size >= 31) {
        return -1;
    }
    size_t mask = ((size_t)1 << keys->dk_log2_size) - 1, perturb = (size_t)hash, i = perturb & mask;
    for (Py_ssize_t at = index_at(keys, i); at != DKIX_EMPTY; at = index_at(keys, i)) {
        PyObject *found = at < 0 ? NULL : key_at(keys, at, hash);
        if (found != NULL && (found == key || (Py_IS_TYPE(found, Py_TYPE(key)) && inline_equal(found, key)))) {
            return at;
        }
        perturb >>= 5;
        i = (i * 5 + perturb + 1) & mask;
    }
    return -1;
}

/* Notes on a dict what is about to change: the value of one entry, one more entry, or anything. */
static void
hint(obj *o, PyDict_WatchEvent event, PyDictObject *dict, PyObject *key)
{
    o->how = PEND_ONE;
    /* Entries are known in their order: without gaps the place in the dict is theirs. */
    if (o->kind != K_DICT || dict->ma_keys->dk_nentries != dict->ma_used) {
        return;
    }
    if (event == PyDict_EVENT_ADDED) {
        o->how = PEND_LAST;
    } else if (event == PyDict_EVENT_MODIFIED) {
        o->place = entry_of(dict, key);
        o->how = o->place < 0 ? PEND_ONE : PEND_KEY;
    }
}

static void
list_dirty(obj *o)
{
    o->dirty = 1;
    if (!add_to(&T.dirty, &T.n_dirty, &T.cap_dirty, o)) {
        no_memory();
    }
}

/* Something tells that it changes, not how: the next check point looks at it. */
void
mark_dirty(obj *o)
{
    o->how = PEND_ONE;
    if (!o->dirty) {
        list_dirty(o);
    }
}

static int
on_dict(PyDict_WatchEvent event, PyObject *dict, PyObject *key, PyObject *Py_UNUSED(v))
{
    obj *o = event == PyDict_EVENT_DEALLOCATED ? NULL : find_obj(dict);
    if (o == NULL) {
        return 0;
    }
    if (o->dirty) {
        o->how = PEND_ONE;
        return 0;
    }
    hint(o, event, (PyDictObject *)dict, key);
    list_dirty(o);
    return 0;
}

bool
watch_start(void)
{
    if (watcher < 0) {
        watcher = PyDict_AddWatcher(on_dict);
    }
    return watcher >= 0;
}

void
watch_dict(obj *o)
{
    if (PyDict_Watch(watcher, o->o) < 0) {
        fault("a dict could not be watched");
    }
}

/* The dict of an object that is let go is not watched any more. */
void
unwatch(obj *o)
{
    if ((o->kind == K_DICT || o->kind == K_DICTLIKE) && o->o != NULL && o->def != NULL) {
        PyDict_Unwatch(watcher, o->o);
        PyErr_Clear();
    }
}
