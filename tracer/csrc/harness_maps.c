/* What this process has mapped, as the kernel tells it. Nothing here uses any heap. */
#define _GNU_SOURCE
#include "harness_maps.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MAPS_BYTES 65536

struct mapping harness_mappings[MAPPINGS_MAX];
size_t harness_mapping_count;

static char maps[MAPS_BYTES], program[256];

static uintptr_t
read_hex(const char **at)
{
    uintptr_t value = 0;
    for (; **at != '\0' && strchr("0123456789abcdef", **at) != NULL; ++*at) {
        value = value * 16 + (uintptr_t)(**at <= '9' ? **at - '0' : **at - 'a' + 10);
    }
    return value;
}

/* A line of /proc/self/maps, without its end. */
static void
add_mapping(const char *line)
{
    struct mapping *found = &harness_mappings[harness_mapping_count++];
    const char *at = line;
    found->start = read_hex(&at);
    at += *at == '-';
    found->end = read_hex(&at);
    const char *path = strpbrk(line, "/[");
    bool is_program = path != NULL && strcmp(path, program) == 0;
    found->path = path != NULL && path[0] == '/' ? path : NULL;
    found->is_own = strncmp(at, " rw-p ", 6) == 0 && (path == NULL || strcmp(path, "[heap]") == 0);
    found->is_data = found->is_own || (is_program && strncmp(at, " rw-p ", 6) == 0);
    found->is_constant = strncmp(at, " r--p ", 6) == 0;
    found->is_text = strncmp(at, " r-xp ", 6) == 0;
    found->is_code = is_program && found->is_text;
    found->is_read = is_program && (found->is_text || found->is_constant);
}

void
harness_read_mappings(void)
{
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    size_t filled = 0;
    ssize_t n = 1;
    while (fd >= 0 && n > 0 && filled < sizeof(maps) - 1) {
        n = read(fd, maps + filled, sizeof(maps) - 1 - filled);
        filled += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    maps[filled] = '\0';
    n = readlink("/proc/self/exe", program, sizeof(program) - 1);
    program[n > 0 ? n : 0] = '\0';
    harness_mapping_count = 0;
    char *end = strchr(maps, '\n');
    for (char *line = maps; end != NULL && harness_mapping_count < MAPPINGS_MAX;
         end = strchr(line, '\n')) {
        *end = '\0';
        add_mapping(line);
        line = end + 1;
    }
}

void
harness_forget_mappings(void)
{
    memset(maps, 0, sizeof(maps));
    memset(program, 0, sizeof(program));
    memset(harness_mappings, 0, sizeof(harness_mappings));
    harness_mapping_count = 0;
}
