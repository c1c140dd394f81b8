/* Items, members, entries and fields of a definition: what is kept under the limits, and the digest of the rest. */
#include "core.h"
#include "core_digest.h"
#include "peek.h"

static uint64_t
decimal_digits(uint64_t n)
{
    uint64_t digits = 1;
    for (; n >= 10; n /= 10) {
        digits++;
    }
    return digits;
}

static uint64_t
text_bytes(val v)
{
    if (v == 0) {
        return 4;
    }
    if ((v & VAL_TAG) == VAL_INT) {
        int64_t n = val_int(v);
        return (n < 0) + decimal_digits((uint64_t)(n < 0 ? -n : n));
    }
    if ((v & VAL_TAG) == VAL_OBJ) {
        return 1 + decimal_digits(val_obj(v)->id);
    }
    PyObject *text = NULL;
    if ((v & VAL_TAG) == VAL_HELD) {
        text = cut_text((PyObject *)v);
    } else {
        PyObject *name = PyObject_CallOneArg(lib.json_string, val_deep(v)->name);
        text = name == NULL ? NULL : PyUnicode_FromFormat("{\"type\":%U,\"cut\":\"depth\"}", name);
        Py_XDECREF(name);
    }
    PyObject *bytes = text == NULL ? NULL : PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
    uint64_t n = bytes == NULL ? 0 : (uint64_t)PyBytes_GET_SIZE(bytes);
    if (bytes == NULL) {
        no_memory();
    }
    Py_XDECREF(bytes);
    Py_XDECREF(text);
    return n;
}

/* A value of the part that is cut, as what shows that it changed. */
val
cut_val(PyObject *v)
{
    return is_inline(v) ? meet(v, 1) : (val)v | VAL_RAW;
}

static void
start_rest(def *d, Py_ssize_t n)
{
    d->has_rest = 1;
    d->len = (uint64_t)n;
    d->rest = 0;
}

/* The word of what is cut, which is one value (items, at its index) or two (entries). */
static uint64_t
word_of(Py_ssize_t step, PyObject *const *v, Py_ssize_t place)
{
    return step == 1 ? word_at((uint64_t)place, number_of(v[0])) : word_at(number_of(v[0]), number_of(v[1]));
}

/* Ints are known by value: their words are made anew, which costs less than to fetch them. */
static bool
has_no_word(const def *d, Py_ssize_t step, Py_ssize_t k)
{
    return step == 1 && (d->cut.at[k] & VAL_TAG) == VAL_INT;
}

static uint64_t
known_word(const def *d, Py_ssize_t step, Py_ssize_t k, Py_ssize_t place)
{
    return has_no_word(d, step, k) ? word_at((uint64_t)place, (uint64_t)val_int(d->cut.at[k])) : d->words[k / step];
}

/* Keeps the word of what is cut at k, where it needs one; there is room for those of all from the first such on. False
 * after a fault. */
static bool
keep_word(def *d, Py_ssize_t step, Py_ssize_t k, uint64_t word)
{
    if (has_no_word(d, step, k)) {
        return true;
    }
    if (d->cap_words < d->cut.cap / step) {
        uint64_t *words = realloc(d->words, (size_t)d->cut.cap / (size_t)step * sizeof *words);
        if (words == NULL) {
            no_memory();
            return false;
        }
        d->words = words;
        d->cap_words = d->cut.cap / step;
    }
    d->words[k / step] = word;
    return true;
}

/* The word of what is cut at k, which is known by now. */
static uint64_t
new_word(const def *d, Py_ssize_t step, Py_ssize_t k, PyObject *const *v, Py_ssize_t place)
{
    return has_no_word(d, step, k) ? known_word(d, step, k, place) : word_of(step, v, place);
}

/* Adds to what is cut. False after a fault. */
bool
cut_add(def *d, Py_ssize_t step, PyObject *const *v, Py_ssize_t place)
{
    Py_ssize_t k = d->cut.n;
    for (Py_ssize_t i = 0; i < step; i++) {
        if (!vec_add(&d->cut, cut_val(v[i]))) {
            return false;
        }
    }
    uint64_t word = new_word(d, step, k, v, place);
    d->rest += word;
    return keep_word(d, step, k, word);
}

/* Takes the last value of what is cut (the value of an entry) from place k on; returns what that adds to the digest. */
uint64_t
cut_take(def *d, Py_ssize_t step, Py_ssize_t k, PyObject *const *v, Py_ssize_t place)
{
    val *known = &d->cut.at[k + step - 1];
    uint64_t old = known_word(d, step, k, place);
    val_drop(*known);
    *known = cut_val(v[step - 1]);
    uint64_t word = new_word(d, step, k, v, place);
    keep_word(d, step, k, word);
    d->rest += word - old;
    return word - old;
}

/* The last item is gone. */
void
cut_drop_last(def *d, Py_ssize_t place)
{
    Py_ssize_t k = d->cut.n - 1;
    d->rest -= known_word(d, 1, k, place);
    val_drop(d->cut.at[k]);
    d->cut.n = k;
}

/* Adds what is kept of `items`, in steps of one value (items) or two (entries). Returns how many. */
static Py_ssize_t
keep(def *d, vec *into, PyObject *const *items, Py_ssize_t n, Py_ssize_t step, Py_ssize_t distance)
{
    uint64_t limit = (uint64_t)T.limits.object_bytes;
    uint64_t bound = 0, exact = 0;
    bool is_exact = false;
    Py_ssize_t most = Py_MIN(n, T.limits.items * step);
    for (Py_ssize_t i = 0; i < most; i += step) {
        if (bound > limit && !is_exact) {
            is_exact = true;
            for (Py_ssize_t k = 0; k < into->n; k++) {
                exact += text_bytes(into->at[k]);
            }
        }
        if (is_exact && exact > limit) {
            break;
        }
        for (Py_ssize_t k = i; k < i + step; k++) {
            val v = meet(items[k], distance);
            bound += text_bytes_bound(v);
            exact += is_exact ? text_bytes(v) : 0;
            d->has_deep |= (v & VAL_TAG) == VAL_DEEP;
            if (!vec_add(into, v)) {
                return into->n;
            }
        }
    }
    d->bytes = bound;
    return into->n;
}

void
shape_items(def *d, PyObject *const *items, Py_ssize_t n, Py_ssize_t distance)
{
    d->has_items = 1;
    Py_ssize_t kept = keep(d, &d->items, items, n, 1, distance);
    if (kept == n) {
        return;
    }
    start_rest(d, n);
    bool fits = vec_reserve(&d->cut, n - kept);
    for (Py_ssize_t i = kept; i < n && fits && cut_add(d, 1, &items[i], i); i++) {
    }
}

typedef struct {
    int group;
    PyObject *text; /* owned; NULL for objects */
    uint32_t number;
    Py_ssize_t index;
    PyObject *v;
} member;

static int
compare_members(const void *x, const void *y)
{
    const member *a = x, *b = y;
    if (a->group != b->group) {
        return a->group < b->group ? -1 : 1;
    }
    if (a->text != NULL) {
        int order = PyUnicode_Compare(a->text, b->text);
        if (order != 0) {
            return order;
        }
    } else if (a->number != b->number) {
        return a->number < b->number ? -1 : 1;
    }
    return a->index < b->index ? -1 : a->index > b->index;
}

static void
fill_member(member *m, PyObject *v, Py_ssize_t index)
{
    *m = (member){.v = v, .index = index};
    if (is_inline(v)) {
        m->group = is_scalar_type(Py_TYPE(v)) && is_cut(v) ? 1 : 0;
        m->text = cut_text(v);
        if (m->text == NULL) {
            no_memory();
            m->text = PyUnicode_FromString("");
        }
        return;
    }
    obj *o = find_obj(v);
    m->number = o == NULL ? 0 : o->id;
    m->group = o == NULL ? 3 : 2;
}

static void
cut_members(def *d, const member *m, Py_ssize_t n, Py_ssize_t kept)
{
    start_rest(d, n);
    for (Py_ssize_t i = kept; i < n; i++) {
        int64_t number;
        bool has_text = m[i].text != NULL && !int_of(m[i].v, &number);
        d->rest += mix(has_text ? fnv_of_text(m[i].text) : number_of(m[i].v));
        vec_add(&d->cut, cut_val(m[i].v));
    }
}

/* Members in canonical order; `items` has the order of the set's table. */
void
shape_members(def *d, PyObject *const *items, Py_ssize_t n, Py_ssize_t distance)
{
    d->has_members = 1;
    member *m = calloc((size_t)n + 1, sizeof *m);
    PyObject **order = calloc((size_t)n + 1, sizeof *order);
    if (m == NULL || order == NULL) {
        free(m);
        free(order);
        no_memory();
        return;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        fill_member(&m[i], items[i], i);
    }
    qsort(m, (size_t)n, sizeof *m, compare_members);
    for (Py_ssize_t i = 0; i < n; i++) {
        order[i] = m[i].v;
    }
    Py_ssize_t kept = keep(d, &d->items, order, n, 1, distance);
    if (kept < n) {
        cut_members(d, m, n, kept);
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        obj *o = is_inline(items[i]) ? NULL : find_obj(items[i]);
        val v = cut_val(items[i]);
        if (o != NULL) {
            o->refs++;
            v = (val)o | VAL_OBJ;
        }
        vec_add(&d->order, v);
    }
    d->texts = calloc((size_t)(kept + 1), sizeof *d->texts);
    for (Py_ssize_t i = 0; i < n; i++) {
        if (i < kept && d->texts != NULL) {
            d->texts[i] = m[i].text;
        } else {
            Py_XDECREF(m[i].text);
        }
    }
    free(m);
    free(order);
}

/* Keys and values, alternating; n counts both. */
void
shape_entries(def *d, PyObject *const *pairs, Py_ssize_t n, Py_ssize_t distance)
{
    d->has_entries = 1;
    Py_ssize_t kept = keep(d, &d->entries, pairs, n, 2, distance);
    int odd = 0;
    for (Py_ssize_t i = 0; i < kept; i += 2) {
        odd += is_odd_key(d->entries.at[i]);
    }
    d->may_have_twins = odd > 1;
    if (kept == n) {
        return;
    }
    start_rest(d, n / 2);
    bool fits = vec_reserve(&d->cut, n - kept);
    for (Py_ssize_t i = kept; i < n && fits && cut_add(d, 2, &pairs[i], 0); i += 2) {
    }
}

/* Names and values, alternating; a later pair of one name wins in the place of the first, which is a slot: the names of a
 * dict differ. */
void
shape_fields(def *d, const struct words *fields, Py_ssize_t distance)
{
    PyObject *const *pairs = (PyObject *const *)fields->data;
    Py_ssize_t most = Py_MIN((Py_ssize_t)fields->count, 2 * T.limits.items);
    for (Py_ssize_t i = 0; i < most; i += 2) {
        if (!PyUnicode_CheckExact(pairs[i])) {
            continue;
        }
        Py_ssize_t place = d->fields.n;
        Py_ssize_t slots = Py_MIN(d->fields.n, (Py_ssize_t)fields->slots);
        for (Py_ssize_t k = 0; k < slots; k += 2) {
            if (inline_equal((PyObject *)d->fields.at[k], pairs[i])) {
                place = k;
                break;
            }
        }
        val v = meet(pairs[i + 1], distance);
        if (place < d->fields.n) {
            val_drop(d->fields.at[place + 1]);
            d->fields.at[place + 1] = v;
        } else if (vec_add(&d->fields, (val)Py_NewRef(pairs[i]))) {
            vec_add(&d->fields, v);
        }
    }
}
