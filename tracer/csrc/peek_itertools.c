/* State of the iterators of itertools, read from their structures and never advanced (docs/trace-format.md §6). */
#include "peek.h"

#include "itertools.h"

enum { HAS_OVER = 1, HAS_AT = 2, HAS_LEFT = 4 };

/* What an iterator says. All references are owned. */
struct parts {
    PyObject *over;
    PyObject *at;
    PyObject *left; /* list */
    bool is_done;
    bool failed;
};

typedef void (*reader)(PyObject *object, struct parts *parts);

static void
set_over(struct parts *parts, PyObject *over)
{
    parts->over = Py_XNewRef(over);
}

static void
set_at(struct parts *parts, Py_ssize_t at)
{
    parts->at = PyLong_FromSsize_t(at);
    parts->failed = parts->failed || parts->at == NULL;
}

/* Takes the reference; NULL without `failed` is never given. */
static void
add_owned(struct parts *parts, PyObject *value)
{
    if (parts->left == NULL) {
        parts->left = PyList_New(0);
    }
    parts->failed = parts->failed || value == NULL || parts->left == NULL
        || PyList_Append(parts->left, value) < 0;
    Py_XDECREF(value);
}

/* An empty place stands as such. */
static void
add_left(struct parts *parts, PyObject *value)
{
    add_owned(parts, Py_NewRef(value == NULL ? peek_null : value));
}

static void
add_index(struct parts *parts, Py_ssize_t index)
{
    add_owned(parts, PyLong_FromSsize_t(index));
}

/* The indices of what was given last; none before the first. */
static void
add_indices(struct parts *parts, const Py_ssize_t *indices, Py_ssize_t count)
{
    parts->left = PyList_New(0);
    parts->failed = parts->failed || parts->left == NULL;
    for (Py_ssize_t i = 0; i < count && !parts->failed; i++) {
        add_index(parts, indices[i]);
    }
}

static void
read_accumulate(PyObject *object, struct parts *parts)
{
    const struct it_accumulate *it = (struct it_accumulate *)object;
    set_over(parts, it->inner);
    add_left(parts, it->function == NULL ? Py_None : it->function);
    add_left(parts, it->initial != NULL && it->initial != Py_None ? it->initial : it->total);
}

static void
read_batched(PyObject *object, struct parts *parts)
{
    const struct it_batched *it = (struct it_batched *)object;
    parts->is_done = it->inner == NULL;
    set_over(parts, it->inner);
    add_index(parts, it->size);
}

static void
read_chain(PyObject *object, struct parts *parts)
{
    const struct it_chain *it = (struct it_chain *)object;
    parts->is_done = it->source == NULL;
    set_over(parts, it->active);
    add_left(parts, it->source);
}

static void
read_combinations(PyObject *object, struct parts *parts)
{
    const struct it_combinations *it = (struct it_combinations *)object;
    parts->is_done = it->stopped;
    set_over(parts, it->pool);
    if (it->result != NULL) {
        add_indices(parts, it->indices, it->size);
    }
}

static void
read_product(PyObject *object, struct parts *parts)
{
    const struct it_product *it = (struct it_product *)object;
    parts->is_done = it->stopped;
    set_over(parts, it->pools);
    if (it->result != NULL) {
        add_indices(parts, it->indices, PyTuple_GET_SIZE(it->pools));
    }
}

static void
read_permutations(PyObject *object, struct parts *parts)
{
    const struct it_permutations *it = (struct it_permutations *)object;
    parts->is_done = it->stopped;
    set_over(parts, it->pool);
    if (it->result != NULL) {
        add_indices(parts, it->indices, it->size);
    }
}

static void
read_compress(PyObject *object, struct parts *parts)
{
    const struct it_compress *it = (struct it_compress *)object;
    add_left(parts, it->data);
    add_left(parts, it->selectors);
}

static void
read_count(PyObject *object, struct parts *parts)
{
    const struct it_count *it = (struct it_count *)object;
    if (it->next != PY_SSIZE_T_MAX || it->value == NULL) {
        set_at(parts, it->next);
    } else if (PyLong_CheckExact(it->value)) {
        parts->at = Py_NewRef(it->value);
    } else {
        set_over(parts, it->value);
    }
    add_left(parts, it->step);
}

static void
read_cycle(PyObject *object, struct parts *parts)
{
    const struct it_cycle *it = (struct it_cycle *)object;
    if (it->inner != NULL) {
        set_over(parts, it->inner);
        add_left(parts, it->saved);
        return;
    }
    parts->is_done = PyList_GET_SIZE(it->saved) == 0;
    set_over(parts, it->saved);
    set_at(parts, it->index);
}

static void
read_function(PyObject *object, struct parts *parts)
{
    const struct it_function *it = (struct it_function *)object;
    add_left(parts, it->function);
    add_left(parts, it->inner);
}

static void
read_dropwhile(PyObject *object, struct parts *parts)
{
    set_at(parts, ((struct it_function *)object)->flag != 0);
    read_function(object, parts);
}

static void
read_takewhile(PyObject *object, struct parts *parts)
{
    parts->is_done = ((struct it_function *)object)->flag != 0;
    read_function(object, parts);
}

static void
read_groupby(PyObject *object, struct parts *parts)
{
    const struct it_groupby *it = (struct it_groupby *)object;
    set_over(parts, it->inner);
    add_left(parts, it->function);
    add_left(parts, it->key);
    add_left(parts, it->value);
}

static void
read_group(PyObject *object, struct parts *parts)
{
    const struct it_group *it = (struct it_group *)object;
    parts->is_done = ((struct it_groupby *)it->parent)->group != object;
    set_over(parts, it->parent);
    add_left(parts, it->key);
}

static void
read_islice(PyObject *object, struct parts *parts)
{
    const struct it_islice *it = (struct it_islice *)object;
    parts->is_done = it->inner == NULL;
    set_over(parts, it->inner);
    set_at(parts, it->taken);
    add_index(parts, it->next);
    if (it->stop < 0) {
        add_left(parts, Py_None);
    } else {
        add_index(parts, it->stop);
    }
    add_index(parts, it->step);
}

static void
read_pairwise(PyObject *object, struct parts *parts)
{
    const struct it_pairwise *it = (struct it_pairwise *)object;
    parts->is_done = it->inner == NULL;
    set_over(parts, it->inner);
    add_left(parts, it->before);
}

static void
read_repeat(PyObject *object, struct parts *parts)
{
    const struct it_repeat *it = (struct it_repeat *)object;
    parts->is_done = it->left == 0;
    set_over(parts, it->element);
    if (it->left > 0) {
        set_at(parts, it->left);
    }
}

static void
read_tee(PyObject *object, struct parts *parts)
{
    const struct it_tee *it = (struct it_tee *)object;
    parts->is_done = it->data == NULL;
    if (it->data != NULL) {
        Py_ssize_t waiting = -it->index;
        for (const struct it_tee_data *data = it->data; data != NULL; data = data->next) {
            waiting += data->count;
        }
        set_over(parts, it->data->inner);
        set_at(parts, waiting);
    }
}

static void
read_zip_longest(PyObject *object, struct parts *parts)
{
    const struct it_zip_longest *it = (struct it_zip_longest *)object;
    parts->is_done = it->active == 0;
    for (Py_ssize_t i = 0; i < it->size; i++) {
        add_left(parts, PyTuple_GET_ITEM(it->inner, i));
    }
    add_left(parts, it->fill);
}

/* Types are owned: those of the module as it was when this one was loaded. */
static struct {
    const char *name;
    reader read;
    PyObject *type;
} known[] = {
    {"_grouper", read_group, NULL},
    {"_tee", read_tee, NULL},
    {"accumulate", read_accumulate, NULL},
    {"batched", read_batched, NULL},
    {"chain", read_chain, NULL},
    {"combinations", read_combinations, NULL},
    {"combinations_with_replacement", read_combinations, NULL},
    {"compress", read_compress, NULL},
    {"count", read_count, NULL},
    {"cycle", read_cycle, NULL},
    {"dropwhile", read_dropwhile, NULL},
    {"filterfalse", read_function, NULL},
    {"groupby", read_groupby, NULL},
    {"islice", read_islice, NULL},
    {"pairwise", read_pairwise, NULL},
    {"permutations", read_permutations, NULL},
    {"product", read_product, NULL},
    {"repeat", read_repeat, NULL},
    {"starmap", read_function, NULL},
    {"takewhile", read_takewhile, NULL},
    {"zip_longest", read_zip_longest, NULL},
};
#define KNOWN_COUNT (sizeof known / sizeof *known)

int
peek_itertools_init(void)
{
    PyObject *module = PyImport_ImportModule("itertools");
    bool is_complete = module != NULL;
    for (size_t i = 0; is_complete && i < KNOWN_COUNT; i++) {
        known[i].type = PyObject_GetAttrString(module, known[i].name);
        is_complete = known[i].type != NULL;
    }
    Py_XDECREF(module);
    return is_complete ? 0 : -1;
}

/* ("parts", flags, over, at, left) or ("done",); None where it is of another type. NULL without memory. */
PyObject *
peek_itertools_state(PyObject *object)
{
    size_t i = 0;
    while (i < KNOWN_COUNT && known[i].type != (PyObject *)Py_TYPE(object)) {
        i++;
    }
    if (i == KNOWN_COUNT) {
        Py_RETURN_NONE;
    }
    struct parts parts = {0};
    known[i].read(object, &parts);
    PyObject *result = NULL;
    if (parts.is_done && !parts.failed) {
        result = Py_BuildValue("(s)", "done");
    } else if (!parts.failed) {
        int flags = (parts.over != NULL ? HAS_OVER : 0) | (parts.at != NULL ? HAS_AT : 0)
            | (parts.left != NULL ? HAS_LEFT : 0);
        result = Py_BuildValue("(siOOO)", "parts", flags, parts.over != NULL ? parts.over : Py_None,
            parts.at != NULL ? parts.at : Py_None, parts.left != NULL ? parts.left : Py_None);
    }
    Py_XDECREF(parts.over);
    Py_XDECREF(parts.at);
    Py_XDECREF(parts.left);
    return result;
}
