/* What the child touched, seen by an audit hook: cheap facts for labels, no defence. */
#define _GNU_SOURCE
#include "harness.h"
#include "preload.h"
#include <dlfcn.h>
#include <string.h>

static preload_company_function company;
static preload_detach_function detach;
static preload_settle_function settle;

struct rule {
    const char *prefix;
    uint32_t bits;
    bool waits_are_real;
};

static const struct rule RULES[] = {
    {"_thread.start", TOUCH_THREADS, true},
    {"os.fork", TOUCH_PROCESSES, true},
    {"os.posix_spawn", TOUCH_PROCESSES, true},
    {"os.exec", TOUCH_PROCESSES, true},
    {"os.system", TOUCH_PROCESSES, true},
    {"os.spawn", TOUCH_PROCESSES, true},
    {"subprocess.Popen", TOUCH_PROCESSES, true},
    {"pty.spawn", TOUCH_PROCESSES, true},
    {"socket.connect", TOUCH_NETWORK, false},
    {"socket.bind", TOUCH_NETWORK, false},
    {"socket.getaddrinfo", TOUCH_NETWORK, false},
    {"socket.gethostby", TOUCH_NETWORK, false},
    {"socket.sendto", TOUCH_NETWORK, false},
    {"os.mkdir", TOUCH_FILES, false},
    {"os.remove", TOUCH_FILES, false},
    {"os.rename", TOUCH_FILES, false},
    {"os.rmdir", TOUCH_FILES, false},
    {"os.scandir", TOUCH_FILES, false},
    {"os.link", TOUCH_FILES, false},
    {"os.symlink", TOUCH_FILES, false},
    {"os.truncate", TOUCH_FILES, false},
    {"shutil.", TOUCH_FILES, false},
    {"tempfile.", TOUCH_FILES, false},
    {"sqlite3.connect", TOUCH_FILES, false},
    {"sys.monitoring.register_callback", TOUCH_TAMPERING, false},
    {"sys.settrace", TOUCH_TAMPERING, false},
    {"sys.setprofile", TOUCH_TAMPERING, false},
};

static void
touch(uint32_t bits)
{
    atomic_fetch_or_explicit(&harness.region->touched, bits, memory_order_relaxed);
}

static bool
starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Modules are files too; loading one is no touch. */
static bool
is_library_file(PyObject *path)
{
    const char *text = PyUnicode_Check(path) ? PyUnicode_AsUTF8(path) : NULL;
    if (text == NULL) {
        PyErr_Clear();
        return false;
    }
    /* Names such as <record> are looked for as files when a syntax error is made. */
    return text[0] == '<' || starts_with(text, "/usr/lib/python3") || starts_with(text, "/opt/");
}

/* The process's own memory as a file. */
static bool
is_memory_file(PyObject *path)
{
    const char *text = PyUnicode_Check(path) ? PyUnicode_AsUTF8(path) : PyBytes_Check(path) ? PyBytes_AsString(path) : NULL;
    const char *name = text == NULL ? NULL : strrchr(text, '/');
    PyErr_Clear();
    return text != NULL && strcmp(name == NULL ? text : name + 1, "mem") == 0;
}

/* The library below ctypes, whose functions nobody watches before ctypes is loaded: whether the program, and no module of
 * the library, has it loaded. */
static bool
loads_ctypes_itself(PyObject *args)
{
    PyObject *name = PyTuple_Size(args) > 1 ? PyTuple_GetItem(args, 0) : NULL;
    /* Told twice: when the module is looked for, and when its file is opened. */
    if (name == NULL || !PyUnicode_Check(name) || PyTuple_GetItem(args, 1) == Py_None
        || PyUnicode_CompareWithASCIIString(name, "_ctypes") != 0) {
        return false;
    }
    PyFrameObject *frame = PyThreadState_GetFrame(PyThreadState_Get());
    bool is_library = false, is_importer = true;
    while (frame != NULL && is_importer) {
        PyCodeObject *code = PyFrame_GetCode(frame);
        const char *text = PyUnicode_AsUTF8(code->co_filename);
        is_importer = text != NULL && strstr(text, "importlib") != NULL;
        is_library = text != NULL && text[0] != '<' && is_library_file(code->co_filename);
        Py_DECREF(code);
        Py_SETREF(frame, PyFrame_GetBack(frame));
    }
    Py_XDECREF(frame);
    PyErr_Clear();
    return !is_library;
}

static int
on_event(const char *event, PyObject *args, void *Py_UNUSED(context))
{
    if (!harness.counting || harness.detached || harness_quiet > 0) {
        return 0;
    }
    if (strcmp(event, "open") == 0) {
        PyObject *path = PyTuple_Size(args) > 0 ? PyTuple_GetItem(args, 0) : NULL;
        if (path != NULL && !PyLong_Check(path) && !is_library_file(path)) {
            touch(is_memory_file(path) ? TOUCH_FILES | TOUCH_TAMPERING : TOUCH_FILES);
        }
        return 0;
    }
    if (starts_with(event, "ctypes.")) {
        if (harness_is_by_address(event, args)) {
            touch(TOUCH_TAMPERING);
        }
        return 0;
    }
    if (strcmp(event, "import") == 0) {
        if (loads_ctypes_itself(args)) {
            touch(TOUCH_TAMPERING);
        }
        return 0;
    }
    for (size_t i = 0; i < sizeof(RULES) / sizeof(RULES[0]); i++) {
        if (starts_with(event, RULES[i].prefix)) {
            touch(RULES[i].bits);
            if (RULES[i].waits_are_real && company != NULL) {
                company();
            }
        }
    }
    return 0;
}

int
harness_audit_init(void)
{
    detach = (preload_detach_function)dlsym(RTLD_DEFAULT, "tracemill_preload_detach");
    settle = (preload_settle_function)dlsym(RTLD_DEFAULT, "tracemill_preload_settle");
    company = (preload_company_function)dlsym(RTLD_DEFAULT, "tracemill_preload_company");
    return PySys_AddAuditHook(on_event, NULL);
}

void
harness_audit_detach(void)
{
    if (detach != NULL) {
        detach();
    }
}

void
harness_audit_settle(void)
{
    if (settle != NULL && !harness.detached) {
        settle();
    }
}

/* touched() -> int: bits of enum touch. */
PyObject *
harness_touched(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    harness_audit_settle();
    return PyLong_FromUnsignedLong(atomic_load(&harness.region->touched));
}
