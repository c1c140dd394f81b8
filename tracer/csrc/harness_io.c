/* Frames of PID 1 on the attached stream: bounded both ways, without allocation. */
#include "harness.h"
#include <errno.h>
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

/* Reads one request into the fixed buffer. False where the host is gone or sent what no host sends. */
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
    if (header[0] != FRAME_REQUEST || length < sizeof(*head) || length > REQUEST_MAX_BYTES
        || !read_all(fd, harness.request, length)) {
        return false;
    }
    harness.request_used = length;
    memcpy(head, harness.request, sizeof(*head));
    uint64_t texts = (uint64_t)head->document_bytes + head->stdin_bytes;
    return head->magic == REQUEST_MAGIC && texts == length - sizeof(*head)
        && head->stream_bytes <= STREAM_MAX_BYTES
        && head->end_bytes <= STREAM_MAX_BYTES - head->stream_bytes
        && head->output_bytes <= FILE_MAX_BYTES && head->command >= COMMAND_TRACE
        && head->command <= COMMAND_PROBE && head->cpu_ms > 0 && head->wall_ms > 0 && head->idle_ms > 0;
}

/* Sends bytes as frames of at most CHUNK_BYTES; nothing where there are none, except for a hello or a result. */
bool
harness_send(int fd, int type, const uint8_t *bytes, uint64_t length)
{
    uint8_t header[FRAME_HEADER_BYTES];
    uint64_t done = 0;
    while (done < length) {
        uint32_t part = (uint32_t)(length - done > CHUNK_BYTES ? CHUNK_BYTES : length - done);
        put_header(header, type, part);
        if (!write_all(fd, header, sizeof(header)) || !write_all(fd, bytes + done, part)) {
            return false;
        }
        done += part;
    }
    return true;
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
