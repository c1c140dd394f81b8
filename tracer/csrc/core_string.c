/* Strings as values. Short ones that were written lately are known by their content, with their entry in the table of
 * texts: most strings of a program are new objects with old content. */
#define _GNU_SOURCE
#include "core.h"

#define RECENT 1024
#define SHORT_MAX 32
/* A literal, with its quotes, that the table of texts takes. */
#define PLAIN_MAX 46

/* The bytes of a string of at most SHORT_MAX, in words that overlap; what a string of its length has not is 0. */
typedef struct {
    uint64_t first, last, second, third;
    uint64_t length;
} content;

static struct {
    content of;
    uint32_t k; /* 0: none */
} recent[RECENT];

static inline uint64_t
word_at(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* `s` are the characters of a compact str, before which its head stands: a short one is read with the end of that, which
 * is cut off. So nothing branches on the length of a word of the program, which is guessed wrong as often as not. */
static inline content
content_of(const uint8_t *s, size_t n)
{
    bool is_small = n < 8;
    unsigned cut = is_small ? 8 * (8 - (unsigned)n) & 63 : 0;
    uint64_t some = n == 0 ? 0 : ~0ull;
    content c = {
        .first = (word_at(s + (is_small ? (ptrdiff_t)n - 8 : 0)) >> cut) & some,
        .last = (word_at(s + n - 8) >> cut) & some,
        .length = n,
    };
    if (n > 16) {
        c.second = word_at(s + 8);
        c.third = word_at(s + n - 16);
    }
    return c;
}

static inline size_t
place_of(const content *c)
{
    return ((c->first ^ (c->last << 7 | c->last >> 57) ^ c->second ^ c->length) * 0x9E3779B97F4A7C15ull) >> 54;
}

static inline bool
same_content(const content *a, const content *b)
{
    uint64_t differs = (a->length ^ b->length) | (a->first ^ b->first) | (a->last ^ b->last) | (a->second ^ b->second)
        | (a->third ^ b->third);
    return differs == 0;
}

/* The entry in the table of texts of what has this content, and the place where it is kept; 0 where it was not written
 * lately. */
static inline uint32_t
find_recent(const content *c, size_t *place)
{
    size_t i = *place = place_of(c);
    return same_content(&recent[i].of, c) ? recent[i].k : 0;
}

/* The literal of a short printable ASCII string, in `text`; 0 where it needs the general form. */
static size_t
plain_literal(const uint8_t *s, size_t n, uint8_t *text)
{
    for (size_t i = 0; i < n; i++) {
        text[i + 1] = s[i];
        if (s[i] < 0x20 || s[i] > 0x7E || s[i] == '\'' || s[i] == '\\') {
            return 0;
        }
    }
    text[0] = '\'';
    text[n + 1] = '\'';
    return n + 2;
}

static uint32_t
put_literal_of(PyObject *v)
{
    uint8_t text[PLAIN_MAX + 2];
    size_t n = (size_t)PyUnicode_GET_LENGTH(v);
    n = PyUnicode_IS_COMPACT_ASCII(v) && n <= PLAIN_MAX ? plain_literal(PyUnicode_1BYTE_DATA(v), n, text) : 0;
    if (n > 0) {
        /* As long as "0x" and six digits at least. */
        if (n > 8 && memchr(text, '0', n) != NULL) {
            scan_identity(v);
        }
        return put_text(text, n);
    }
    PyObject *literal = literal_of(v);
    if (literal == NULL) {
        no_memory();
        return 0;
    }
    scan_identity(literal);
    uint32_t k = put_str(literal);
    Py_DECREF(literal);
    return k;
}

/* The entry in the table of texts of a short string whose literal was written lately; else 0. */
uint32_t
recent_text(PyObject *v)
{
    size_t n = (size_t)PyUnicode_GET_LENGTH(v);
    if (n > SHORT_MAX || !PyUnicode_IS_COMPACT_ASCII(v) || (Py_ssize_t)n > T.limits.string_units) {
        return 0;
    }
    content c = content_of(PyUnicode_1BYTE_DATA(v), n);
    size_t place;
    return find_recent(&c, &place);
}

/* Writes such a string where there is room; NULL where it is none. */
uint8_t *
put_recent_string(PyObject *v, uint8_t *at)
{
    uint32_t k = recent_text(v);
    *at = 0x08;
    return k == 0 ? NULL : raw_uint(at + 1, k);
}

/* Whether an entry of the table of texts, which is the literal of a short string, is that of an exact str. */
bool
is_string_of(uint32_t k, PyObject *v)
{
    uint8_t text[PLAIN_MAX + 2];
    size_t n = (size_t)PyUnicode_GET_LENGTH(v);
    /* A text has one entry. */
    uint32_t known = recent_text(v);
    if (known != 0 || n > SHORT_MAX || !PyUnicode_IS_COMPACT_ASCII(v)) {
        return known == k;
    }
    n = plain_literal(PyUnicode_1BYTE_DATA(v), n, text);
    if (n > 0) {
        return is_entry(k, text, n);
    }
    PyObject *literal = literal_of(v);
    if (literal == NULL) {
        no_memory();
        return false;
    }
    bool same = is_entry(k, PyUnicode_1BYTE_DATA(literal), (size_t)PyUnicode_GET_LENGTH(literal));
    Py_DECREF(literal);
    return same;
}

/* Writes an exact str, cut where it is too long. */
void
put_string(PyObject *v)
{
    size_t n = (size_t)PyUnicode_GET_LENGTH(v);
    if (is_cut(v)) {
        put_cut(v);
        return;
    }
    put_u8(0x08);
    if (n > SHORT_MAX || !PyUnicode_IS_COMPACT_ASCII(v)) {
        put_literal_of(v);
        return;
    }
    content c = content_of(PyUnicode_1BYTE_DATA(v), n);
    size_t i;
    uint32_t k = find_recent(&c, &i);
    if (k != 0) {
        put_uint(k);
        return;
    }
    /* A text that can hold an address is looked at each time: whose it is changes. */
    if (memmem(PyUnicode_1BYTE_DATA(v), n, "0x", 2) != NULL) {
        scan_identity(v);
        put_literal_of(v);
        return;
    }
    recent[i].k = put_literal_of(v);
    recent[i].of = c;
}

void
strings_clear(void)
{
    memset(recent, 0, sizeof recent);
}
