/* Frames of PID 1 on the attached stream: bounded both ways, without allocation. */
#define _GNU_SOURCE
#include "harness.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool
read_all(int fd, uint8_t *into, uint64_t length)
{
    uint64_t done = 0;
    while (done < length) {
        ssize_t n = read(fd, into + done, length - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        done += (uint64_t)n;
    }
    return true;
}

static bool
write_all(int fd, const uint8_t *from, uint64_t length)
{
    uint64_t done = 0;
    while (done < length) {
        ssize_t n = write(fd, from + done, length - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        done += (uint64_t)n;
    }
    return true;
}

static void
put_header(uint8_t header[FRAME_HEADER_BYTES], int type, uint32_t length)
{
    header[0] = (uint8_t)type;
    for (int i = 0; i < 4; i++) {
        header[1 + i] = (uint8_t)(length >> (8 * i));
    }
}

/* Most requests are this small. They lie in PID 1's own memory, which a child has without asking for it; larger ones lie
 * in a mapping that is shared, so that it does not count as the child's data, and made for each. */
#define SMALL_REQUEST_BYTES 65536
static uint8_t small_request[SMALL_REQUEST_BYTES];
static size_t request_bytes;

static uint8_t *
request_room(uint32_t length)
{
    request_bytes = length;
    if (length <= SMALL_REQUEST_BYTES) {
        return small_request;
    }
    void *at = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

/* Called after each child: the next one finds nothing of this request. */
void
harness_forget_request(void)
{
    if (request_bytes <= SMALL_REQUEST_BYTES) {
        memset(small_request, 0, request_bytes);
    } else {
        munmap(harness.request, request_bytes);
    }
    harness.request = NULL;
}

static bool
is_sound(const struct request_head *head, uint32_t length)
{
    uint64_t texts = (uint64_t)head->document_bytes + head->stdin_bytes;
    return head->magic == REQUEST_MAGIC && texts == length - sizeof(*head)
        && head->stream_bytes <= STREAM_MAX_BYTES
        && head->end_bytes <= STREAM_MAX_BYTES - head->stream_bytes
        && head->output_bytes <= FILE_MAX_BYTES && head->command >= COMMAND_TRACE
        && head->command <= COMMAND_PROBE && head->cpu_ms > 0 && head->wall_ms > 0
        && head->idle_ms > 0;
}

/* Reads one request. False where the host is gone or sent what no host sends. */
bool
harness_read_request(int fd, struct request_head *head)
{
    uint8_t header[FRAME_HEADER_BYTES];
    if (!read_all(fd, header, sizeof(header))) {
        return false;
    }
    uint32_t length = 0;
    for (int i = 0; i < 4; i++) {
        length |= (uint32_t)header[1 + i] << (8 * i);
    }
    if (header[0] != FRAME_REQUEST || length < sizeof(*head) || length > REQUEST_MAX_BYTES) {
        return false;
    }
    harness.request = request_room(length);
    if (harness.request == NULL || !read_all(fd, harness.request, length)) {
        return false;
    }
    memcpy(head, harness.request, sizeof(*head));
    return is_sound(head, length);
}

/* What waits to be written: each write wakes the engine, its shim and the host, so that small answers go by twos and threes.
 * The room is PID 1's alone: no child has a mapping of it, since the answer of another child may be there. */
static uint8_t *outbox;
static size_t outbox_used;
static int held;

/* Later answers are held while fewer than this many wait. */
#define HELD_MAX 3
/* Answers of more bytes are not held: what stands in line behind them has waited long enough. */
#define HELD_BYTES (CHUNK_BYTES / 2)

bool
harness_open_outbox(void)
{
    if (outbox == NULL) {
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
        void *at = mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);
        if (at == MAP_FAILED || madvise(at, CHUNK_BYTES, MADV_DONTFORK) != 0) {
            return false;
        }
        outbox = at;
    }
    return true;
}

bool
harness_flush(int fd)
{
    bool written = write_all(fd, outbox, outbox_used);
    outbox_used = 0;
    held = 0;
    return written;
}

/* The first bytes of the next request are there. */
static bool
is_request_waiting(int fd)
{
    struct pollfd host = {.fd = fd, .events = POLLIN};
    return poll(&host, 1, 0) == 1 && (host.revents & POLLIN) != 0;
}

/* Ends an answer: sends it with those that were held, or holds it until the next one while there is work to do. */
bool
harness_end_answer(int in, int out)
{
    held++;
    if (held < HELD_MAX && outbox_used <= HELD_BYTES && is_request_waiting(in)) {
        return true;
    }
    return harness_flush(out);
}

bool
harness_holds_answers(void)
{
    return held > 0;
}

static bool
put(int fd, const uint8_t *bytes, size_t length)
{
    /* The greeting comes before the room is there. */
    if (outbox == NULL) {
        return write_all(fd, bytes, length);
    }
    if (length > CHUNK_BYTES - outbox_used && !harness_flush(fd)) {
        return false;
    }
    if (length > CHUNK_BYTES) {
        return write_all(fd, bytes, length);
    }
    memcpy(outbox + outbox_used, bytes, length);
    outbox_used += length;
    return true;
}

/* Sends bytes as frames of at most CHUNK_BYTES; nothing where there are none. harness_flush and harness_end_answer
 * send the last of them. */
bool
harness_send(int fd, int type, const uint8_t *bytes, uint64_t length)
{
    uint8_t header[FRAME_HEADER_BYTES];
    uint64_t done = 0;
    while (done < length) {
        uint32_t part = (uint32_t)(length - done > CHUNK_BYTES ? CHUNK_BYTES : length - done);
        put_header(header, type, part);
        if (!put(fd, header, sizeof(header)) || !put(fd, bytes + done, part)) {
            return false;
        }
        done += part;
    }
    return true;
}

/* The greeting, until it is sent. Outside the heap, since its length is another in each container. */
static uint8_t greeting[CHUNK_BYTES];
static size_t greeting_bytes;

/* greet(facts, host): for PID 1; sends the host all that can be read from `facts`. Before PID 1 settles, so that a host under
 * which it cannot has been told by then what it is like. */
PyObject *
harness_greet(PyObject *Py_UNUSED(module), PyObject *args)
{
    int facts, host;
    if (!PyArg_ParseTuple(args, "ii", &facts, &host)) {
        return NULL;
    }
    ssize_t n = 1;
    while (n > 0 && greeting_bytes < sizeof(greeting)) {
        n = read(facts, greeting + greeting_bytes, sizeof(greeting) - greeting_bytes);
        greeting_bytes += n > 0 ? (size_t)n : 0;
    }
    if (n < 0 || greeting_bytes == 0) {
        PyErr_SetString(PyExc_RuntimeError, "no facts of this container were found");
        return NULL;
    }
    if (!harness_send(host, FRAME_HELLO, greeting, greeting_bytes)) {
        _exit(0);
    }
    memset(greeting, 0, sizeof(greeting));
    Py_RETURN_NONE;
}

bool
harness_send_file(int fd, int type, int file, uint64_t from, uint64_t length)
{
    /* Static, so that the stack of PID 1 stays the size it has at every fork. */
    static uint8_t chunk[CHUNK_BYTES];
    uint64_t done = 0;
    while (done < length) {
        size_t wanted = length - done > CHUNK_BYTES ? CHUNK_BYTES : (size_t)(length - done);
        ssize_t n = pread(file, chunk, wanted, (off_t)(from + done));
        if (n <= 0) {
            memset(chunk, 0, wanted);
            n = (ssize_t)wanted;
        }
        if (!harness_send(fd, type, chunk, (uint64_t)n)) {
            return false;
        }
        done += (uint64_t)n;
    }
    /* A child reads this memory too: leave nothing of another one in it. */
    memset(chunk, 0, length < CHUNK_BYTES ? (size_t)length : CHUNK_BYTES);
    return true;
}
