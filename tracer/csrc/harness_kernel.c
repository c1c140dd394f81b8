/* What PID 1 reads of the kernel: small files that stay open, and numbers in them. */
#define _GNU_SOURCE
#include "harness.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The descriptor under another number, out of the way: the first file that a program opens has number 3. -1 where there is
 * none. */
int
harness_move_high(int low)
{
    int high = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, PRIVATE_FD);
    if (low >= 0) {
        close(low);
    }
    return high;
}

/* The first of two files that is there. */
int
harness_open_high(const char *first, const char *second)
{
    int low = open(first, O_RDONLY | O_CLOEXEC);
    return harness_move_high(low < 0 ? open(second, O_RDONLY | O_CLOEXEC) : low);
}

/* The text from the begin of a file, as much as there is room for; none where there is no file. */
void
harness_read_text(int fd, char *text, size_t size)
{
    ssize_t n = fd < 0 ? -1 : pread(fd, text, size - 1, 0);
    text[n > 0 ? n : 0] = '\0';
}

/* The number behind `name` in a text, which it begins where `name` is empty; -1 where there is none. */
int64_t
harness_number_after(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    at = at == NULL ? "" : at + strlen(name);
    int64_t number = *at >= '0' && *at <= '9' ? 0 : -1;
    for (; *at >= '0' && *at <= '9'; at++) {
        number = number * 10 + (*at - '0');
    }
    return number;
}

/* The same in a file. */
int64_t
harness_number_in(int fd, const char *name)
{
    char text[512];
    harness_read_text(fd, text, sizeof(text));
    return harness_number_after(text, name);
}
