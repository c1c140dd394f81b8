/* Shared by the parts of tracer._harness: what PID 1 and its child agree on. docs/sandbox.md has the wire format. */
#ifndef TRACEMILL_HARNESS_H
#define TRACEMILL_HARNESS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "region.h"

#define PROTOCOL_VERSION 1

/* Frames: u8 type, u32 little-endian length, payload. */
enum frame_type {
    FRAME_REQUEST = 1,
    FRAME_HELLO = 16,
    FRAME_STREAM = 17,
    FRAME_OUT = 18,
    FRAME_ERR = 19,
    FRAME_RESULT = 20,
};

#define FRAME_HEADER_BYTES 5
/* Largest payload of a frame that PID 1 sends; 64 KiB is what a pipe holds. */
#define CHUNK_BYTES 65536
/* Largest request: sources are capped at 20,000 bytes by default, analyses carry a batch of them. */
#define REQUEST_MAX_BYTES (16u << 20)
/* Largest stream of one child: MAX_LIMITS.traceBytes (256 MiB) and 8 MiB for an end record. */
#define STREAM_MAX_BYTES (264ull << 20)
/* Above every descriptor that RLIMIT_NOFILE lets the program reach. */
#define PRIVATE_FD 900
/* OPEN_FILES of src/sandbox/container-spec.ts. */
#define PRIVATE_FD_END 1024
/* No file of a child grows beyond this; the raw descriptors are files too. */
#define FILE_MAX_BYTES (32ull << 20)
/* MAX_LIMITS.memoryBytes: a refused request above it is absurd under every limit and raises MemoryError. */
#define ABSURD_BYTES (4096ull << 20)
/* Raw descriptor bytes are looked at whenever this many units of fuel were spent. */
#define FUEL_CHECK_UNITS 1024
/* Tools of sys.monitoring: the fuel counter, and the recorder (src/tracer/core.py and reference.py name it too). */
#define FUEL_TOOL_ID 3
#define TRACE_TOOL_ID 4

enum command {
    COMMAND_TRACE = 1,
    COMMAND_CONFIRM = 2,
    COMMAND_ANALYZE = 3,
    COMMAND_PROBE = 4,
};

enum marker {
    MARKER_NONE = 0,
    MARKER_EVENTS = 1,
    MARKER_FUEL = 2,
    MARKER_TRACE_BYTES = 3,
    MARKER_OUTPUT_BYTES = 4,
    MARKER_MEMORY = 5,
    MARKER_LAST = MARKER_MEMORY,
};

enum killer { KILLER_NONE = 0, KILLER_CPU = 1, KILLER_WALL = 2, KILLER_MEMORY = 3 };

enum result_flag {
    FLAG_STARVED = 1, /* ticks of PID 1 were missing for more than half of the limit that fired */
    FLAG_UNCLEAN = 2, /* processes or files could not be removed: the container must be replaced */
    FLAG_REFUSED = 4, /* no child was made: fork or memfd failed */
};

/* What the child did, as bits; src/tracer/harness/child.py turns them into labels. */
enum touch {
    TOUCH_CLOCK = 1,
    TOUCH_RANDOM = 2,
    TOUCH_FILES = 4,
    TOUCH_NETWORK = 8,
    TOUCH_PROCESSES = 16,
    TOUCH_THREADS = 32,
    TOUCH_TAMPERING = 64,
    TOUCH_ALL = 127,
};
/* Where these bits stand in the flags of a result. */
#define TOUCH_SHIFT 8

/* Head of a request, little-endian; the JSON document and the bytes of stdin follow. */
struct request_head {
    uint32_t magic;
    uint32_t command;
    uint64_t fuel;
    uint64_t stream_bytes;
    uint64_t end_bytes;
    uint64_t output_bytes;
    uint64_t memory_bytes;
    uint32_t cpu_ms;
    uint32_t wall_ms;
    uint32_t idle_ms; /* how long the child may do nothing at all */
    uint32_t stdin_bytes;
    uint32_t document_bytes;
    uint32_t reserved;
    uint8_t seed[32];
};
#define REQUEST_MAGIC 0x31524d54u /* "TMR1" */

/* Payload of FRAME_RESULT, little-endian. */
struct result {
    int32_t exit_code; /* -1 where a signal ended the child */
    int32_t signal;    /* 0 where it exited */
    uint32_t marker;
    uint32_t killer;
    uint32_t flags;
    uint32_t ticks;
    uint64_t fuel;
    uint32_t wall_ms;
    uint32_t cpu_ms;
    uint64_t stream_bytes;
    uint64_t out_bytes;
    uint64_t err_bytes;
};

/* Shared memory of PID 1 and the child. The child may write anything here: PID 1 checks before it uses a field. */
struct region {
    _Atomic uint64_t committed; /* bytes of the stream that are whole records */
    _Atomic uint32_t marker;
    _Atomic uint32_t touched;
    _Atomic uint64_t fuel;     /* units spent */
    _Atomic uint64_t taken[2]; /* raw bytes of stdout and stderr that the stream holds */
    uint8_t padding[4096 - 40];
    uint8_t data[];
};

/* State of this process. PID 1 sets it up once; a child owns its copy. */
struct harness {
    struct region *region;
    uint8_t *request; /* the payload of the request that is served */
    uint64_t stream_limit; /* events may fill this much */
    uint64_t end_limit;    /* the end record may add this much, less REGION_HEADER_MAX */
    uint64_t header_bytes; /* of the first record, which counts for nothing */
    uint64_t fuel_limit;
    uint64_t output_limit;
    uint64_t written[2]; /* bytes of stdout and stderr so far, taken up and written */
    int raw_fd[2];       /* the child's private descriptors of its raw stdout and stderr */
    int command;
    bool in_child;
    bool rehearses; /* PID 1 plays the child: nothing ends here */
    bool is_init; /* of its namespace of processes */
    bool counting;
    bool detached;          /* a process that the child forked: it writes no stream */
    uint64_t detached_fuel; /* what such a process spent by itself */
    PyObject *output; /* owned; called with (fd, bytes) in role trace, else NULL */
};

extern struct harness harness;
extern _Thread_local int harness_quiet;

/* harness_rehearse.c */
PyObject *harness_rehearse(PyObject *module, PyObject *callable);
/* harness_serve.c */
PyObject *harness_serve(PyObject *module, PyObject *args);
bool harness_open_shared(void);
bool harness_empty_shared(void);
/* harness_io.c */
bool harness_read_request(int fd, struct request_head *head);
bool harness_send(int fd, int type, const uint8_t *bytes, uint64_t length);
PyObject *harness_greet(PyObject *module, PyObject *args);
bool harness_open_outbox(void);
bool harness_flush(int fd);
bool harness_end_answer(int in, int out);
bool harness_holds_answers(void);
void harness_forget_request(void);
bool harness_send_file(int fd, int type, int file, uint64_t from, uint64_t length);
/* harness_wait.c */
int64_t harness_now_ms(void);
void harness_wait_child(int pid, const struct request_head *head, const int host[2],
                        struct result *result);
void harness_memory_watch(void);
bool harness_memory_is_left(void);
/* harness_kernel.c */
int harness_move_high(int low);
int harness_open_high(const char *first, const char *second);
void harness_read_text(int fd, char *text, size_t size);
int64_t harness_number_in(int fd, const char *name);
int64_t harness_number_after(const char *text, const char *name);
/* harness_clean.c */
bool harness_kill_all(void);
void harness_wipe_watch(void);
bool harness_wipe_folders(void);
/* harness_child.c */
bool harness_become_child(const struct request_head *head, const int raw[2], int stdin_fd);
_Noreturn void harness_stop(uint32_t marker);
void harness_watch_forks(void);
void harness_audit_detach(void);
void harness_audit_settle(void);
PyObject *harness_append(PyObject *module, PyObject *record);
PyObject *harness_append_end(PyObject *module, PyObject *record);
PyObject *harness_stop_named(PyObject *module, PyObject *marker);
/* harness_guard.c */
bool harness_is_ours(void);
void harness_let_signals(void);
void harness_tampered(void);
PyObject *harness_refuse(void);
PyObject *harness_run(PyObject *module, PyObject *args);
PyObject *harness_hide_class(PyObject *module, PyObject *class);
PyObject *harness_guard_monitoring(PyObject *module, PyObject *unused);
/* harness_collector.c */
PyObject *harness_settle_collector(PyObject *module, PyObject *unused);
void harness_show_program(PyThreadState *state);
void harness_hide_rest(PyThreadState *state);
PyObject *harness_show(PyObject *module, PyObject *const *args, Py_ssize_t count);
/* harness_region.c */
extern struct core_region harness_core;
PyObject *harness_region(PyObject *module, PyObject *unused);
/* harness_stream.c */
PyObject *harness_output_stream(PyObject *module, PyObject *fd);
/* harness_output.c */
PyObject *harness_write(PyObject *module, PyObject *args);
PyObject *harness_take(PyObject *module, PyObject *unused);
PyObject *harness_set_output(PyObject *module, PyObject *callable);
int harness_check_output(void);
/* harness_fuel.c */
bool harness_is_own_code(PyObject *code);
int harness_fuel_init(PyObject *module);
PyObject *harness_fuel_prepare(PyObject *module, PyObject *unused);
PyObject *harness_fuel_start(PyObject *module, PyObject *unused);
PyObject *harness_fuel_pause(PyObject *module, PyObject *unused);
PyObject *harness_fuel_resume(PyObject *module, PyObject *unused);
PyObject *harness_fuel_spent(PyObject *module, PyObject *unused);
PyObject *harness_fuel_end(PyObject *module, PyObject *unused);
PyObject *harness_on_start(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *harness_on_jump(PyObject *module, PyObject *const *args, Py_ssize_t count);
/* harness_memory.c */
void harness_memory_init(void);
PyObject *harness_fill_holes(PyObject *module, PyObject *unused);
PyObject *harness_pad_heap(PyObject *module, PyObject *seed);
/* harness_freeze.c */
PyObject *harness_make_immortal(PyObject *module, PyObject *roots);
PyObject *harness_same_entries(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *harness_plain_names(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *harness_restore_entries(PyObject *module, PyObject *const *args, Py_ssize_t count);
/* harness_huge.c */
PyObject *harness_keep_huge_pages(PyObject *module, PyObject *unused);
void harness_take_heap(void);
/* harness_confine.c */
PyObject *harness_confine(PyObject *module, PyObject *unused);
/* harness_ctypes.c */
bool harness_is_by_address(const char *event, PyObject *args);
/* harness_audit.c */
int harness_audit_init(void);
PyObject *harness_touched(PyObject *module, PyObject *unused);

#endif
