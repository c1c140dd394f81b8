/* The loop of PID 1: one request, one forked child, one answer. Between two forks nothing is allocated, so every
 * child starts from the same heap, whatever ran before it. */
#define _GNU_SOURCE
#include "harness.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct child_files {
    int raw[2];
    int input;
};

/* Pages of the region that are kept from child to child, emptied; most streams are no longer. */
#define KEPT_BYTES (sizeof(struct region) + 32768)

/* The region is a file without a name, so that PID 1 can ask where there are pages of it. No child has its descriptor. */
static int region_fd = -1;

bool
harness_open_shared(void)
{
    if (region_fd >= 0) {
        return true;
    }
    size_t bytes = sizeof(struct region) + STREAM_MAX_BYTES;
    region_fd = harness_move_high((int)syscall(SYS_memfd_create, "region", 1u /* close on exec */));
    if (region_fd < 0 || ftruncate(region_fd, (off_t)bytes) != 0) {
        return false;
    }
    int flags = MAP_SHARED | MAP_NORESERVE;
    harness.region = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, region_fd, 0);
    if (harness.region == MAP_FAILED) {
        return false;
    }
    memset(harness.region, 0, KEPT_BYTES);
    return true;
}

/* A child may have written anywhere in the region, also beyond what its limits let PID 1 read: nothing of it is there
 * for the next, and no memory stays taken. */
bool
harness_empty_shared(void)
{
    memset(harness.region, 0, KEPT_BYTES);
    if (lseek(region_fd, KEPT_BYTES, SEEK_DATA) < 0) {
        return errno == ENXIO;
    }
    off_t rest = (off_t)(sizeof(struct region) + STREAM_MAX_BYTES - KEPT_BYTES);
    int how = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    return fallocate(region_fd, how, KEPT_BYTES, rest) == 0;
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

/* The child may have written these itself. What no harness writes stands for nothing, and is told of. */
static void
take_counts(const struct request_head *head, struct result *result)
{
    uint32_t touched = atomic_load(&harness.region->touched) & TOUCH_ALL;
    result->marker = atomic_load(&harness.region->marker);
    result->fuel = atomic_load(&harness.region->fuel);
    if (result->marker > MARKER_LAST) {
        result->marker = MARKER_NONE;
        touched |= TOUCH_TAMPERING;
    }
    if (result->fuel > head->fuel) {
        result->fuel = head->fuel;
        touched |= TOUCH_TAMPERING;
    }
    result->flags |= touched << TOUCH_SHIFT;
}

static bool
answer(const int host[2], const struct request_head *head, const struct child_files *files,
       struct result *result)
{
    int fd = host[1];
    uint64_t limit = head->stream_bytes + head->end_bytes;
    uint64_t committed = atomic_load(&harness.region->committed);
    uint64_t stream = committed <= limit ? committed : limit;
    take_counts(head, result);
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
    if (!harness_wipe_folders() || harness_memory_is_left()) {
        result->flags |= FLAG_UNCLEAN;
    }
    sent = sent && harness_send(fd, FRAME_RESULT, (const uint8_t *)result, sizeof(*result));
    /* After these PID 1 takes no other request. */
    bool is_last = (result->flags & (FLAG_UNCLEAN | FLAG_REFUSED)) != 0;
    return sent && (is_last ? harness_flush(fd) : harness_end_answer(host[0], fd)) && !is_last;
}

/* What is PID 1's alone: its stream, the region's file, and files of the kernel that it looks into. */
static void
close_private(const int host[2])
{
    if (syscall(SYS_close_range, PRIVATE_FD, ~0u, 0u) != 0) {
        for (int fd = PRIVATE_FD; fd < PRIVATE_FD_END; fd++) {
            close(fd);
        }
    }
    for (int i = 0; i < 2; i++) {
        if (host[i] < PRIVATE_FD) {
            close(host[i]);
        }
    }
}

/* In the parent: waits, cleans and answers. In the child: returns true. The parent returns false to go on and does
 * not return when the host is gone. */
static bool
run_one(const int host[2], const struct request_head *head)
{
    struct child_files files = {{-1, -1}, -1};
    struct result result = {.exit_code = -1};
    if (!open_files(head, &files)) {
        result.flags |= FLAG_REFUSED;
    } else {
        pid_t pid = fork();
        if (pid == 0) {
            close_private(host);
            if (!harness_become_child(head, files.raw, files.input)) {
                _exit(1);
            }
            return true;
        }
        if (pid < 0) {
            result.flags |= FLAG_REFUSED;
        } else {
            harness_wait_child(pid, head, host, &result);
        }
    }
    if (!harness_kill_all()) {
        result.flags |= FLAG_UNCLEAN;
    }
    /* What could not be cleaned up must not meet the next request, which may be here already. */
    if (!answer(host, head, &files, &result)) {
        _exit(0);
    }
    close_files(&files);
    harness_forget_request();
    if (!harness_empty_shared()) {
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

/* serve(fd_in, fd_out) -> (command, document, seed). Returns in a forked child only; ends the process when
 * the host closes its side or breaks the protocol. */
PyObject *
harness_serve(PyObject *Py_UNUSED(module), PyObject *args)
{
    int host[2];
    if (!PyArg_ParseTuple(args, "ii", &host[0], &host[1])) {
        return NULL;
    }
    if (!harness_open_shared() || !harness_open_outbox()) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    harness_memory_watch();
    harness_wipe_watch();
    struct request_head head;
    do {
        if (!harness_read_request(host[0], &head)) {
            _exit(0);
        }
    } while (!run_one(host, &head));
    return request_for_child(&head);
}
