/* What kind of object a value is, by its real type: decided once, when it gets its number. */
#include "core.h"
#include "peek.h"

struct library lib;

static const struct {
    const char *module, *name;
    size_t place;
} library_types[] = {
    {"collections", "deque", offsetof(struct library, deque)},
    {"collections", "defaultdict", offsetof(struct library, defaultdict)},
    {"functools", "partial", offsetof(struct library, partial)},
    {"decimal", "Decimal", offsetof(struct library, decimal)},
    {"datetime", "date", offsetof(struct library, date)},
    {"datetime", "time", offsetof(struct library, time)},
    {"datetime", "datetime", offsetof(struct library, datetime)},
    {"datetime", "timedelta", offsetof(struct library, timedelta)},
    {"datetime", "timezone", offsetof(struct library, timezone)},
    {"datetime", "UTC", offsetof(struct library, utc)},
    {"uuid", "UUID", offsetof(struct library, uuid)},
    {"pathlib", "PosixPath", offsetof(struct library, paths[0])},
    {"pathlib", "WindowsPath", offsetof(struct library, paths[1])},
    {"pathlib", "PurePosixPath", offsetof(struct library, paths[2])},
    {"pathlib", "PureWindowsPath", offsetof(struct library, paths[3])},
    {"re", "Pattern", offsetof(struct library, pattern)},
    {"array", "array", offsetof(struct library, array)},
    {"io", "StringIO", offsetof(struct library, string_io)},
    {"io", "BytesIO", offsetof(struct library, bytes_io)},
    {"enum", "EnumType", offsetof(struct library, enum_type)},
    {"collections", "Counter", offsetof(struct library, counter)},
    {"fractions", "Fraction", offsetof(struct library, fraction)},
    {"types", "SimpleNamespace", offsetof(struct library, bare_namespace)},
};

static bool
itertools_start(void)
{
    static const char *const names[] = {
        "_grouper",  "_tee",      "accumulate",  "batched",  "chain",
        "combinations", "combinations_with_replacement", "compress", "count", "cycle",
        "dropwhile", "filterfalse", "groupby",   "islice",   "pairwise",
        "permutations", "product", "repeat",     "starmap",  "takewhile",
        "zip_longest",
    };
    PyObject *module = PyImport_ImportModule("itertools");
    for (size_t i = 0; module != NULL && i < Py_ARRAY_LENGTH(names); i++) {
        lib.itertools[i] = (PyTypeObject *)PyObject_GetAttrString(module, names[i]);
        if (lib.itertools[i] == NULL) {
            break;
        }
    }
    Py_XDECREF(module);
    return !PyErr_Occurred();
}

/* Signs of the binary operators, as dis shows them. */
static bool
signs_start(void)
{
    PyObject *module = PyImport_ImportModule("opcode");
    PyObject *pairs = module == NULL ? NULL : PyObject_GetAttrString(module, "_nb_ops");
    Py_ssize_t n = pairs == NULL ? 0 : PyList_GET_SIZE(pairs);
    lib.binary_signs = pairs == NULL ? NULL : PyTuple_New(n);
    for (Py_ssize_t i = 0; lib.binary_signs != NULL && i < n; i++) {
        PyTuple_SET_ITEM(lib.binary_signs, i, Py_NewRef(PyTuple_GET_ITEM(PyList_GET_ITEM(pairs, i), 1)));
    }
    Py_XDECREF(module);
    Py_XDECREF(pairs);
    return lib.binary_signs != NULL;
}

/* The names of modules, as their functions in C have them. */
static bool
calm_modules_start(void)
{
    static const struct {
        const char *module, *function;
    } of[Py_ARRAY_LENGTH(lib.calm_modules)] = {
        {"math", "sqrt"}, {"_operator", "add"}, {"_heapq", "heappush"}, {"_bisect", "bisect_left"},
    };
    for (size_t i = 0; i < Py_ARRAY_LENGTH(of); i++) {
        PyObject *module = PyImport_ImportModule(of[i].module);
        PyObject *function = module == NULL ? NULL : PyObject_GetAttrString(module, of[i].function);
        Py_XDECREF(module);
        if (function == NULL || !PyCFunction_Check(function)) {
            return false;
        }
        lib.calm_modules[i] = Py_XNewRef(((PyCFunctionObject *)function)->m_module);
        Py_DECREF(function);
    }
    return true;
}

/* Files of the code behind the library's own types, which a method of each tells. */
static bool
files_start(void)
{
    static const struct {
        const char *module, *type, *method;
    } of[] = {
        {"abc", "ABCMeta", "__instancecheck__"}, {"collections", "Counter", "__init__"},
        {"enum", "EnumType", "__call__"},        {"fractions", "Fraction", "__hash__"},
        {"pathlib", "PurePath", "__init__"},     {"uuid", "UUID", "__init__"},
    };
    lib.files = PySet_New(NULL);
    bool fine = lib.files != NULL;
    for (size_t i = 0; fine && i < Py_ARRAY_LENGTH(of); i++) {
        PyObject *module = PyImport_ImportModule(of[i].module);
        PyObject *type = module == NULL ? NULL : PyObject_GetAttrString(module, of[i].type);
        PyObject *method = type == NULL ? NULL : PyObject_GetAttrString(type, of[i].method);
        fine = method != NULL
            && PySet_Add(lib.files, ((PyCodeObject *)PyFunction_GetCode(method))->co_filename) == 0;
        Py_XDECREF(module);
        Py_XDECREF(type);
        Py_XDECREF(method);
    }
    return fine;
}

static PyTypeObject *
type_of(PyObject *example)
{
    PyTypeObject *type = example == NULL ? NULL : (PyTypeObject *)Py_NewRef(Py_TYPE(example));
    Py_XDECREF(example);
    return type;
}

/* Finds the types of the library once, before any program runs. False with an exception. */
bool
library_start(void)
{
    if (lib.deque != NULL) {
        return true;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(library_types); i++) {
        PyObject *module = PyImport_ImportModule(library_types[i].module);
        PyObject *found = module == NULL ? NULL : PyObject_GetAttrString(module, library_types[i].name);
        Py_XDECREF(module);
        if (found == NULL) {
            return false;
        }
        *(PyObject **)((char *)&lib + library_types[i].place) = found;
    }
    lib.list_append = PyObject_GetAttrString((PyObject *)&PyList_Type, "append");
    lib.list_pop = PyObject_GetAttrString((PyObject *)&PyList_Type, "pop");
    lib.init_name = PyUnicode_InternFromString("__init__");
    lib.dataclass_name = PyUnicode_InternFromString("__dataclass_fields__");
    lib.post_init_name = PyUnicode_InternFromString("__post_init__");
    lib.new_name = PyUnicode_InternFromString("__new__");
    lib.del_name = PyUnicode_InternFromString("__del__");
    lib.tolist = PyObject_GetAttrString((PyObject *)lib.array, "tolist");
    lib.string_value = PyObject_GetAttrString((PyObject *)lib.string_io, "getvalue");
    lib.bytes_value = PyObject_GetAttrString((PyObject *)lib.bytes_io, "getvalue");
    PyTypeObject *bases[] = {&PyLong_Type, &PyFloat_Type, &PyComplex_Type, &PyUnicode_Type,
                             &PyBytes_Type};
    for (size_t i = 0; i < Py_ARRAY_LENGTH(bases); i++) {
        lib.newargs[i] = PyObject_GetAttrString((PyObject *)bases[i], "__getnewargs__");
    }
    PyObject *encoder = PyImport_ImportModule("json.encoder");
    lib.json_string = encoder == NULL ? NULL : PyObject_GetAttrString(encoder, "encode_basestring");
    Py_XDECREF(encoder);
    if (!signs_start() || !files_start() || !calm_modules_start()) {
        return false;
    }
    lib.method_wrapper = type_of(PyObject_GetAttrString(Py_None, "__str__"));
    PyObject *letter = PyUnicode_FromString("a");
    lib.ascii_iterator = type_of(letter == NULL ? NULL : PyObject_GetIter(letter));
    Py_XDECREF(letter);
    lib.tzinfo_name = PyUnicode_InternFromString("tzinfo");
    lib.pattern_text = PyObject_GetAttrString((PyObject *)lib.pattern, "pattern");
    lib.pattern_flags = PyObject_GetAttrString((PyObject *)lib.pattern, "flags");
    peek_null = PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
    return itertools_start() && peek_storage_init() == 0 && peek_itertools_init() == 0
        && !PyErr_Occurred();
}

static int
exact_kind(PyTypeObject *type)
{
    if (type == &PyList_Type || type == &PyTuple_Type) {
        return type == &PyList_Type ? K_LIST : K_TUPLE;
    }
    if (type == &PyDict_Type || type == &PyFrozenSet_Type) {
        return type == &PyDict_Type ? K_DICT : K_FROZENSET;
    }
    if (type == &PyFunction_Type) {
        return K_FUNCTION;
    }
    if (type == &PyMethod_Type) {
        return K_METHOD;
    }
    if (type == &PySlice_Type) {
        return K_SLICE;
    }
    if (type == &PyCFunction_Type || type == lib.method_wrapper || type == &PyMethodDescr_Type
        || type == &PyWrapperDescr_Type || type == &PyClassMethodDescr_Type) {
        return K_BUILTIN;
    }
    if (type == &PyGen_Type || type == &PyCoro_Type || type == &PyAsyncGen_Type) {
        return K_GENERATOR;
    }
    if (type == &PyDictKeys_Type || type == &PyDictValues_Type || type == &PyDictItems_Type
        || type == &PyDictProxy_Type || type == &PyMemoryView_Type
        || type == &_PyWeakref_RefType) {
        /* A memoryview can be released: like a weak reference it may lose what it is over. */
        return type == &_PyWeakref_RefType || type == &PyMemoryView_Type ? K_WEAKREF : K_VIEW;
    }
    if (type == &PyCell_Type) {
        return K_CELL;
    }
    if (type == &PyByteArray_Type) {
        return K_BYTEARRAY;
    }
    if (type == &PyRange_Type) {
        return K_REPR;
    }
    if (type == &PyProperty_Type || type == &PyClassMethod_Type || type == &PyStaticMethod_Type) {
        return K_OPAQUE;
    }
    return is_iterator_type(type) ? K_ITERATOR : 0;
}

static int
library_kind(PyTypeObject *type)
{
    if (type == lib.partial) {
        return K_PARTIAL;
    }
    if (type == lib.array) {
        return K_ARRAY;
    }
    if (type == lib.string_io || type == lib.bytes_io) {
        return K_STREAM;
    }
    if (type == lib.decimal || type == lib.date || type == lib.timedelta || type == lib.uuid
        || type == lib.pattern || type == lib.timezone || type == lib.time
        || type == lib.datetime || type == lib.paths[0] || type == lib.paths[1]
        || type == lib.paths[2] || type == lib.paths[3]) {
        return K_REPR;
    }
    return 0;
}

int
kind_of(PyObject *v)
{
    PyTypeObject *type = Py_TYPE(v);
    int kind = exact_kind(type);
    if (kind == K_FUNCTION
        && !is_traced_file(((PyCodeObject *)((PyFunctionObject *)v)->func_code)->co_filename)) {
        return K_OTHER_FUNCTION;
    }
    if (kind == 0) {
        kind = library_kind(type);
    }
    if (kind != 0) {
        return kind;
    }
    if (PyType_Check(v)) {
        return is_own_class((PyTypeObject *)v) ? K_CLASS : K_OTHER_CLASS;
    }
    if (PyModule_Check(v)) {
        return K_MODULE;
    }
    if (PyType_IsSubtype(Py_TYPE(type), lib.enum_type)) {
        return K_ENUM;
    }
    if (PyList_Check(v) || PyTuple_Check(v) || PyType_IsSubtype(type, lib.deque)) {
        return K_ITEMS;
    }
    if (PyAnySet_Check(v)) {
        return K_SET;
    }
    if (PyDict_Check(v)) {
        return K_DICTLIKE;
    }
    if (PyLong_Check(v) || PyFloat_Check(v) || PyComplex_Check(v) || PyUnicode_Check(v)
        || PyBytes_Check(v)) {
        return K_SCALAR;
    }
    return PyExceptionInstance_Check(v) ? K_EXCEPTION : K_INSTANCE;
}

/* Whether it is a type of the library whose operators and attributes change nothing but the object itself. */
bool
is_library_type(PyTypeObject *type)
{
    return library_kind(type) != 0 || type == lib.deque || type == lib.defaultdict
        || type == lib.counter || type == lib.fraction || PyType_IsSubtype(type, lib.enum_type)
        || PyType_IsSubtype(Py_TYPE(type), lib.enum_type);
}
