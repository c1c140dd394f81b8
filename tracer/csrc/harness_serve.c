/* The loop of PID 1: one request, one forked child, one answer. Between two forks nothing is allocated, so every
 * child starts from the same heap, whatever ran before it. */
#include "harness.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const WRITABLE_FOLDERS[] = {"/tmp", "/dev/shm"};

struct child_files {
    int raw[2];
    int input;
};

/* A fresh mapping, at the place of the old one if there is one. A child may have written anywhere in the old one, also
 * beyond what its limits let PID 1 read: nothing of it is there for the next, and no memory stays taken. */
static void *
fresh_shared(void *at, size_t bytes)
{
    int flags = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE | (at == NULL ? 0 : MAP_FIXED);
    return mmap(at, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
}

static bool
renew_shared(void)
{
    harness.region = fresh_shared(harness.region, sizeof(struct region) + STREAM_MAX_BYTES);
    harness.request = fresh_shared(harness.request, REQUEST_MAX_BYTES);
    return harness.region != MAP_FAILED && harness.request != MAP_FAILED;
}

static bool
open_files(const struct request_head *head, struct child_files *files)
{
    files->raw[0] = (int)syscall(SYS_memfd_create, "stdout", 0u);
    files->raw[1] = (int)syscall(SYS_memfd_create, "stderr", 0u);
    if (head->stdin_bytes == 0) {
        files->input = open("/dev/null", O_RDONLY);
    } else {
        files->input = (int)syscall(SYS_memfd_create, "stdin", 0u);
        const uint8_t *text = harness.request + sizeof(*head) + head->document_bytes;
        uint64_t done = 0;
        while (files->input >= 0 && done < head->stdin_bytes) {
            ssize_t n = pwrite(files->input, text + done, head->stdin_bytes - done, (off_t)done);
            if (n <= 0) {
                return false;
            }
            done += (uint64_t)n;
        }
    }
    return files->raw[0] >= 0 && files->raw[1] >= 0 && files->input >= 0;
}

static void
close_files(struct child_files *files)
{
    for (int i = 0; i < 2; i++) {
        if (files->raw[i] >= 0) {
            close(files->raw[i]);
        }
    }
    if (files->input >= 0) {
        close(files->input);
    }
}

static uint64_t
file_bytes(int fd)
{
    struct stat facts;
    return fd >= 0 && fstat(fd, &facts) == 0 ? (uint64_t)facts.st_size : 0;
}

/* Length of what the host gets of a raw descriptor; more than the limit allows counts as a spent budget. */
static uint64_t
rest_of(const struct child_files *files, int which, const struct request_head *head,
        struct result *result)
{
    uint64_t size = file_bytes(files->raw[which]);
    uint64_t taken = atomic_load(&harness.region->taken[which]);
    if (taken > size) {
        taken = size;
    }
    uint64_t rest = size - taken;
    if (rest > head->output_bytes) {
        rest = head->output_bytes;
        if (result->marker == MARKER_NONE && result->killer == KILLER_NONE) {
            result->marker = MARKER_OUTPUT_BYTES;
        }
    }
    return rest;
}

static bool
answer(int fd, const struct request_head *head, const struct child_files *files,
       struct result *result)
{
    uint64_t limit = head->stream_bytes + head->end_bytes;
    uint64_t committed = atomic_load(&harness.region->committed);
    uint64_t stream = committed <= limit ? committed : limit;
    result->marker = atomic_load(&harness.region->marker);
    result->fuel = atomic_load(&harness.region->fuel);
    result->flags |= (atomic_load(&harness.region->touched) & TOUCH_ALL) << TOUCH_SHIFT;
    uint64_t from[2];
    for (int i = 0; i < 2; i++) {
        uint64_t size = file_bytes(files->raw[i]);
        from[i] = atomic_load(&harness.region->taken[i]);
        from[i] = from[i] > size ? size : from[i];
    }
    result->out_bytes = rest_of(files, 0, head, result);
    result->err_bytes = rest_of(files, 1, head, result);
    result->stream_bytes = stream;
    bool sent = harness_send(fd, FRAME_STREAM, harness.region->data, stream)
        && harness_send_file(fd, FRAME_OUT, files->raw[0], from[0], result->out_bytes)
        && harness_send_file(fd, FRAME_ERR, files->raw[1], from[1], result->err_bytes);
    bool clean = true;
    for (size_t i = 0; i < sizeof(WRITABLE_FOLDERS) / sizeof(WRITABLE_FOLDERS[0]); i++) {
        clean = harness_wipe(WRITABLE_FOLDERS[i]) && clean;
    }
    if (!clean) {
        result->flags |= FLAG_UNCLEAN;
    }
    return sent && harness_send(fd, FRAME_RESULT, (const uint8_t *)result, sizeof(*result));
}

/* In the parent: waits, cleans and answers. In the child: returns true. The parent returns false to go on and does
 * not return when the host is gone. */
static bool
run_one(int in, int out, const struct request_head *head)
{
    struct child_files files = {{-1, -1}, -1};
    struct result result = {.exit_code = -1};
    if (!open_files(head, &files)) {
        result.flags |= FLAG_REFUSED;
    } else {
        pid_t pid = fork();
        if (pid == 0) {
            close(in);
            close(out);
            if (!harness_become_child(head, files.raw, files.input)) {
                _exit(1);
            }
            return true;
        }
        if (pid < 0) {
            result.flags |= FLAG_REFUSED;
        } else {
            harness_wait_child(pid, head, in, &result);
        }
    }
    if (!harness_kill_all()) {
        result.flags |= FLAG_UNCLEAN;
    }
    if (!answer(out, head, &files, &result)) {
        _exit(0);
    }
    close_files(&files);
    if (!renew_shared()) {
        _exit(0);
    }
    return false;
}

static PyObject *
request_for_child(const struct request_head *head)
{
    const char *document = (const char *)harness.request + sizeof(*head);
    return Py_BuildValue("iy#y#", (int)head->command, document, (Py_ssize_t)head->document_bytes,
                         (const char *)head->seed, (Py_ssize_t)sizeof(head->seed));
}

/* serve(fd_in, fd_out, hello) -> (command, document, seed). Returns in a forked child only; ends the process when the
 * host closes its side or breaks the protocol. */
PyObject *
harness_serve(PyObject *Py_UNUSED(module), PyObject *args)
{
    int in, out;
    const char *hello;
    Py_ssize_t hello_bytes;
    if (!PyArg_ParseTuple(args, "iiy#", &in, &out, &hello, &hello_bytes)) {
        return NULL;
    }
    if (!renew_shared()) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    harness_memory_watch();
    if (!harness_send(out, FRAME_HELLO, (const uint8_t *)hello, (uint64_t)hello_bytes)) {
        _exit(0);
    }
    struct request_head head;
    do {
        if (!harness_read_request(in, &head)) {
            _exit(0);
        }
    } while (!run_one(in, out, &head));
    return request_for_child(&head);
}
