/* Untraced Python code that starts may change anything, whatever instruction led to it: an operator, an attribute, a
 * class that is raised, the end of an object. The interpreter tells of each such start. */
#include "core.h"
#include "core_effect.h"
#include "core_heard.h"

/* Names of files, by address, of which it is known that their code is not traced. */
#define FILES 64
static struct file {
    PyObject *name; /* owned: its address stays its own */
    bool is_harmless;
} files[FILES];

/* Frames between an untraced one and the activation that led to it. More of them have told already. */
#define FRAMES_BETWEEN 8

static struct file *
file_of(PyObject *name)
{
    return &files[address_mix(name) >> 58];
}

static bool
starts_with(PyObject *text, const char *start)
{
    Py_ssize_t n = (Py_ssize_t)strlen(start);
    return PyUnicode_IS_ASCII(text) && PyUnicode_GET_LENGTH(text) >= n
        && memcmp(PyUnicode_1BYTE_DATA(text), start, (size_t)n) == 0;
}

/* What `dataclass` and `namedtuple` write: it stores what it is given. */
static bool
is_written(const PyCodeObject *code)
{
    return PyUnicode_EqualToUTF8(code->co_filename, "<string>")
        && (starts_with(code->co_qualname, "__create_fn__.<locals>.")
            || (PyTuple_GET_SIZE(code->co_names) > 0
                && PyUnicode_EqualToUTF8(PyTuple_GET_ITEM(code->co_names, 0), "_tuple_new")));
}

/* Whether a code object without a plan is known to be untraced, however it is named. */
bool
is_known_untraced(PyObject *code)
{
    PyObject *name = ((PyCodeObject *)code)->co_filename;
    return file_of(name)->name == name;
}

/* Operators of the library's own types change nothing but the object itself; methods that are called by name are
 * expected to change anything. */
static bool
is_harmless(PyObject *code)
{
    PyObject *name = ((PyCodeObject *)code)->co_filename;
    struct file *file = file_of(name);
    if (is_traced_file(name)) {
        /* The hidden function of type parameters, which is called as any other. */
        return true;
    }
    if (file->name != name) {
        Py_XSETREF(file->name, Py_NewRef(name));
        file->is_harmless = PySet_Contains(lib.files, name) == 1;
    }
    return file->is_harmless || is_written((PyCodeObject *)code);
}

/* The activation whose instruction led to what runs in f; NULL where others did. */
static frame *
led_to(const iframe *f)
{
    frame *fr = T.top;
    for (int i = 0; fr != NULL && f != NULL && i < FRAMES_BETWEEN; i++, f = f->previous) {
        if (f == fr->f) {
            return fr;
        }
    }
    return NULL;
}

/* Untraced code starts, or goes on. Whether the interpreter need not tell of this one again. */
bool
note_untraced(PyThreadState *state, PyObject *code)
{
    if (is_harmless(code)) {
        return true;
    }
    frame *fr = state->id == T.thread_id ? led_to(state->current_frame->previous) : NULL;
    if (fr == NULL) {
        T.must_scan |= state->id != T.thread_id;
        return false;
    }
    int unit = (int)((const _Py_CODEUNIT *)fr->f->instr_ptr - fr->p->first);
    if (unit != fr->told_unit && unit >= 0 && unit < fr->p->n_units) {
        /* A place that was found to change nothing, of which nothing tells: what changed before it is seen now. */
        check_point(fr, fr->f, false);
        fr->told_unit = unit;
        tell_always(fr->p, unit);
    }
    expect_all(fr);
    return false;
}

/* A value goes from traced code to C: using it may run what the instruction below was not expected to run. */
void
note_given(const iframe *f, PyObject *v)
{
    if (f->previous != NULL && f->previous->owner == FRAME_OWNED_BY_CSTACK && is_lazy(v)) {
        expect_anything(f->previous);
    }
}

void
untraced_clear(void)
{
    for (int i = 0; i < FILES; i++) {
        Py_CLEAR(files[i].name);
    }
}
