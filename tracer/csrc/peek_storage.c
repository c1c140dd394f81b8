/* What an object is made of: the storage of built-in bases, slots and instance dicts, read field by field. */
#include "peek.h"

/* Layouts that CPython 3.13 keeps private (Modules/_collectionsmodule.c, Objects/odictobject.c). */
#define DEQUE_BLOCK 64
struct deque_block {
    struct deque_block *left;
    PyObject *data[DEQUE_BLOCK];
    struct deque_block *right;
};
struct deque {
    PyObject_VAR_HEAD
    struct deque_block *left_block;
    struct deque_block *right_block;
    Py_ssize_t left_index;
    Py_ssize_t right_index;
    size_t state;
    Py_ssize_t max_length;
};
struct ordered_node {
    PyObject *key;
    Py_hash_t hash;
    struct ordered_node *next;
    struct ordered_node *previous;
};
struct ordered_dict {
    PyDictObject dict;
    struct ordered_node *first;
};

static PyTypeObject *deque_type; /* owned, for the life of the process */
static PyTypeObject *defaultdict_type;

void
words_add(struct words *words, const void *word)
{
    if (words->count == words->room) {
        size_t room = words->room == 0 ? 64 : words->room * 2;
        uintptr_t *data = PyMem_RawRealloc(words->data, room * sizeof(uintptr_t));
        if (data == NULL) {
            words->failed = true;
            return;
        }
        words->data = data;
        words->room = room;
    }
    words->data[words->count++] = (uintptr_t)word;
}

void
words_free(struct words *words)
{
    PyMem_RawFree(words->data);
    *words = (struct words){0};
}

bool
peek_is_scalar(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    return object == Py_None || type == &PyLong_Type || type == &PyUnicode_Type
        || type == &PyBool_Type || type == &PyFloat_Type || type == &PyBytes_Type
        || type == &PyComplex_Type || object == Py_Ellipsis;
}

/* True for scalars and for small tuples of them; `leaves` counts over the whole tuple. */
bool
peek_is_inline(PyObject *object, int depth, int *leaves)
{
    if (peek_is_scalar(object)) {
        return ++*leaves <= 32;
    }
    if (!PyTuple_CheckExact(object) || depth == 4) {
        return false;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(object); i++) {
        if (!peek_is_inline(PyTuple_GET_ITEM(object, i), depth + 1, leaves)) {
            return false;
        }
    }
    return true;
}

bool
peek_same_deque_type(PyTypeObject *type)
{
    return PyType_IsSubtype(type, deque_type);
}

static void
add_array(struct words *out, PyObject *const *array, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        words_add(out, array[i]);
    }
}

static void
add_deque(struct words *out, struct deque *deque)
{
    struct deque_block *block = deque->left_block;
    Py_ssize_t index = deque->left_index;
    for (Py_ssize_t left = Py_SIZE(deque); left > 0; left--) {
        words_add(out, block->data[index++]);
        if (index == DEQUE_BLOCK) {
            block = block->right;
            index = 0;
        }
    }
}

void
peek_items(PyObject *object, struct words *out)
{
    if (PyList_Check(object)) {
        add_array(out, ((PyListObject *)object)->ob_item, PyList_GET_SIZE(object));
    } else if (PyTuple_Check(object)) {
        add_array(out, ((PyTupleObject *)object)->ob_item, PyTuple_GET_SIZE(object));
    } else if (peek_same_deque_type(Py_TYPE(object))) {
        add_deque(out, (struct deque *)object);
    }
}

void
peek_members(PyObject *object, struct words *out)
{
    PySetObject *set = (PySetObject *)object;
    PyObject *key;
    Py_hash_t hash;
    Py_ssize_t at = 0;
    if (set->used == 0) {
        return;
    }
    while (_PySet_NextEntry(object, &at, &key, &hash)) {
        words_add(out, key);
    }
}

static void
add_pairs(struct words *out, PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(dict, &at, &key, &value)) {
        words_add(out, key);
        words_add(out, value);
    }
}

/* Pairs in the order of the linked list; keys are found by address, since looking them up could run the program. */
static void
add_ordered(struct words *out, struct ordered_dict *ordered)
{
    struct words pairs = {0};
    add_pairs(&pairs, (PyObject *)ordered);
    size_t at = 0;
    for (struct ordered_node *node = ordered->first; node != NULL; node = node->next) {
        for (size_t tried = 0; tried < pairs.count; tried += 2) {
            if (at >= pairs.count) {
                at = 0;
            }
            bool is_found = pairs.data[at] == (uintptr_t)node->key;
            if (is_found) {
                words_add(out, (void *)pairs.data[at]);
                words_add(out, (void *)pairs.data[at + 1]);
            }
            at += 2;
            if (is_found) {
                break;
            }
        }
    }
    words_free(&pairs);
}

void
peek_entries(PyObject *object, struct words *out)
{
    if (PyType_IsSubtype(Py_TYPE(object), &PyODict_Type)) {
        add_ordered(out, (struct ordered_dict *)object);
    } else {
        add_pairs(out, object);
    }
}

static void
add_slots(PyObject *object, struct words *out)
{
    PyObject *mro = Py_TYPE(object)->tp_mro;
    for (Py_ssize_t i = mro == NULL ? 0 : PyTuple_GET_SIZE(mro); i-- > 0;) {
        PyTypeObject *type = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
        PyHeapTypeObject *heap = (PyHeapTypeObject *)type;
        if (!PyType_Check(type) || !(type->tp_flags & Py_TPFLAGS_HEAPTYPE)
            || heap->ht_slots == NULL || Py_SIZE(type) == 0) {
            continue;
        }
        PyMemberDef *member = PyObject_GetItemData((PyObject *)type);
        PyObject *names = heap->ht_slots;
        if (member == NULL) {
            PyErr_Clear();
            continue;
        }
        for (Py_ssize_t k = 0; k < Py_SIZE(type) && k < PyTuple_GET_SIZE(names); k++, member++) {
            PyObject *value = *(PyObject **)((char *)object + member->offset);
            if (value != NULL) {
                words_add(out, PyTuple_GET_ITEM(names, k));
                words_add(out, value);
            }
        }
    }
}

static void
add_inline_values(PyObject *object, struct words *out)
{
    PyDictValues *values = _PyObject_InlineValues(object);
    PyDictKeysObject *keys = ((PyHeapTypeObject *)Py_TYPE(object))->ht_cached_keys;
    if (!values->valid || keys == NULL || !DK_IS_UNICODE(keys)) {
        return;
    }
    uint8_t *order = get_insertion_order_array(values);
    for (int i = 0; i < values->size; i++) {
        PyObject *value = values->values[order[i]];
        if (value != NULL) {
            words_add(out, DK_UNICODE_ENTRIES(keys)[order[i]].me_key);
            words_add(out, value);
        }
    }
}

static PyObject *
instance_dict(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        return (PyObject *)_PyObject_ManagedDictPointer(object)->dict;
    }
    if (type->tp_dictoffset == 0) {
        return NULL;
    }
    PyObject **place = _PyObject_GetDictPtr(object);
    return place == NULL ? NULL : *place;
}

/* Pairs of name and value: slots with a value, base first, and then the str keys of the instance dict. */
void
peek_fields(PyObject *object, struct words *out)
{
    add_slots(object, out);
    out->slots = out->count;
    PyObject *dict = instance_dict(object);
    if (dict == NULL) {
        if (Py_TYPE(object)->tp_flags & Py_TPFLAGS_INLINE_VALUES) {
            add_inline_values(object, out);
        }
        return;
    }
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Check(dict) && PyDict_Next(dict, &at, &key, &value)) {
        if (PyUnicode_CheckExact(key)) {
            words_add(out, key);
            words_add(out, value);
        }
    }
}

void
peek_exception(PyObject *object, struct words *out)
{
    PyBaseExceptionObject *exception = (PyBaseExceptionObject *)object;
    words_add(out, exception->args);
    words_add(out, exception->cause);
    words_add(out, exception->context);
}

static void
add_bytes(struct words *out, const char *bytes, Py_ssize_t length)
{
    uintptr_t word = 0;
    words_add(out, (void *)length);
    for (Py_ssize_t i = 0; i < length; i++) {
        word = (word << 8) | (unsigned char)bytes[i];
        if (i % 8 == 7) {
            words_add(out, (void *)word);
            word = 0;
        }
    }
    words_add(out, (void *)word);
}

static bool
is_array(PyTypeObject *type)
{
    return strcmp(type->tp_name, "array.array") == 0;
}

/* A view that was released keeps the address of what it viewed, which may be gone. */
PyObject *
peek_viewed(PyObject *object)
{
    const PyMemoryViewObject *view = (PyMemoryViewObject *)object;
    bool is_released = view->flags & _Py_MEMORYVIEW_RELEASED
        || view->mbuf->flags & _Py_MANAGED_BUFFER_RELEASED;
    return is_released ? NULL : view->view.obj;
}

/*
 * The words on which an object's description depends. True where they are object pointers, false where they are plain
 * bytes. Two objects states with the same words have the same description as long as what the words point to lives.
 */
bool
peek_collect(PyObject *object, struct words *out)
{
    PyTypeObject *type = Py_TYPE(object);
    if (PyByteArray_CheckExact(object)) {
        add_bytes(out, PyByteArray_AS_STRING(object), PyByteArray_GET_SIZE(object));
        return false;
    }
    if (is_array(type)) {
        Py_buffer view;
        if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) == 0) {
            add_bytes(out, view.buf, view.len);
            PyBuffer_Release(&view);
        }
        PyErr_Clear();
        return false;
    }
    words_add(out, type);
    if (PyModule_Check(object)) {
        return true;
    }
    if (PyFunction_Check(object)) {
        words_add(out, ((PyFunctionObject *)object)->func_defaults);
    } else if (PyCell_Check(object)) {
        words_add(out, PyCell_GET(object));
    } else if (PyWeakref_Check(object)) {
        words_add(out, ((PyWeakReference *)object)->wr_object);
    } else if (PyMemoryView_Check(object)) {
        words_add(out, peek_viewed(object));
    } else if (PyType_Check(object)) {
        PyObject *dict = ((PyTypeObject *)object)->tp_dict;
        if (dict != NULL) {
            peek_entries(dict, out);
        }
        return true;
    } else if (PyAnySet_Check(object)) {
        peek_members(object, out);
    } else if (PyDict_Check(object)) {
        peek_entries(object, out);
        if (PyType_IsSubtype(type, defaultdict_type)) {
            /* Its head is that of a dict. */
            words_add(out, *(PyObject **)((char *)object + sizeof(PyDictObject)));
        }
    } else if (PyExceptionInstance_Check(object)) {
        peek_exception(object, out);
    } else if (strcmp(type->tp_name, "functools.partial") == 0) {
        const struct partial *p = (struct partial *)object;
        words_add(out, p->function);
        words_add(out, p->args);
        peek_entries(p->keywords, out);
    } else {
        peek_items(object, out);
    }
    words_add(out, NULL);
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE || type->tp_dictoffset != 0) {
        peek_fields(object, out);
    }
    return true;
}

int
peek_storage_init(void)
{
    PyObject *module = PyImport_ImportModule("collections");
    deque_type = module == NULL ? NULL : (PyTypeObject *)PyObject_GetAttrString(module, "deque");
    defaultdict_type = module == NULL ? NULL : (PyTypeObject *)PyObject_GetAttrString(module, "defaultdict");
    Py_XDECREF(module);
    return deque_type == NULL || defaultdict_type == NULL ? -1 : 0;
}
