/* After each child: no process and no file of it is left. Nothing here allocates. */
#define _GNU_SOURCE
#include "harness.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Killing a fork bomb of 64 processes took 27 ms where it was measured; a frozen process is a matter for the host. */
#define KILL_DEADLINE_MS 10000
/* More rounds than the inodes of the two folders: each round removes or lifts at least one entry. */
#define WIPE_ROUNDS_MAX 16384

struct entry_head {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

/* Whoever loses its parent becomes a child of init: an init without children is alone in its namespace. */
static bool
is_alone(void)
{
    return harness.is_init && waitpid(-1, NULL, WNOHANG | __WALL) < 0 && errno == ECHILD;
}

static void
nap(void)
{
    struct timespec time = {0, 200000};
    syscall(SYS_nanosleep, &time, NULL);
}

bool
harness_kill_all(void)
{
    /* To kill all looks at each process of the whole machine. */
    if (is_alone()) {
        return true;
    }
    int64_t deadline = harness_now_ms() + KILL_DEADLINE_MS;
    kill(-1, SIGKILL);
    for (;;) {
        int pid = waitpid(-1, NULL, WNOHANG | __WALL);
        if (pid < 0 && errno == ECHILD) {
            return true;
        }
        if (pid > 0) {
            continue;
        }
        if (harness_now_ms() > deadline) {
            return false;
        }
        kill(-1, SIGKILL);
        nap();
    }
}

static unsigned int lift_count;

/* Moves `name` of the folder `from` to the root under a name that nothing has. A folder can only move while its owner
 * may write to it. */
static bool
lift(int root, int from, const char *name)
{
    char fresh[32] = "lifted-";
    unsigned int number = ++lift_count;
    size_t at = strlen(fresh);
    do {
        fresh[at++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    fresh[at] = '\0';
    fchmodat(from, name, 0700, 0);
    return renameat(from, name, root, fresh) == 0;
}

static bool
is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Empties a folder of files and lifts its folders to the root, so that depth costs no stack. */
static bool
flatten(int root, const char *name)
{
    static char buffer[8192];
    fchmodat(root, name, 0700, 0);
    int folder = openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0) {
        return false;
    }
    bool done = true;
    for (;;) {
        long n = syscall(SYS_getdents64, folder, buffer, sizeof(buffer));
        if (n <= 0) {
            break;
        }
        for (long at = 0; at < n;) {
            const struct entry_head *entry = (const struct entry_head *)(buffer + at);
            at += entry->length;
            if (is_dots(entry->name) || unlinkat(folder, entry->name, 0) == 0) {
                continue;
            }
            done = (unlinkat(folder, entry->name, AT_REMOVEDIR) == 0
                    || lift(root, folder, entry->name))
                && done;
        }
    }
    memset(buffer, 0, sizeof(buffer));
    close(folder);
    return unlinkat(root, name, AT_REMOVEDIR) == 0 && done;
}

/* One pass over the root. Returns entries that were there, or -1 where the folder cannot be read. */
static int
wipe_round(int root)
{
    static char entries[8192];
    int seen = 0;
    lseek(root, 0, SEEK_SET);
    for (;;) {
        long n = syscall(SYS_getdents64, root, entries, sizeof(entries));
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            memset(entries, 0, sizeof(entries));
            return seen;
        }
        for (long at = 0; at < n;) {
            const struct entry_head *entry = (const struct entry_head *)(entries + at);
            at += entry->length;
            if (is_dots(entry->name)) {
                continue;
            }
            seen += 1;
            if (unlinkat(root, entry->name, 0) != 0) {
                flatten(root, entry->name);
            }
        }
    }
}

static bool
wipe(const char *folder)
{
    int root = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (root < 0) {
        return false;
    }
    int seen = 1;
    for (int round = 0; seen > 0 && round < WIPE_ROUNDS_MAX; round++) {
        seen = wipe_round(root);
    }
    lift_count = 0;
    close(root);
    return seen == 0;
}

static struct {
    const char *path;
    uint64_t free_inodes; /* of the empty folder; 0 where the kernel does not count them */
} folders[] = {{"/tmp", 0}, {"/dev/shm", 0}};

static uint64_t
free_inodes(const char *path)
{
    struct statfs facts;
    return statfs(path, &facts) == 0 ? (uint64_t)facts.f_ffree : 0;
}

/* A socket that lies in the queue of another one, and that one in its own, outlives all processes, and so do files that
 * were sent along: the kernel looks for such circles when some socket is closed, and then in its own time. */
#define CIRCLE_MS 2000
static int sockets_fd = -1;
static int64_t sockets_none; /* how many there are without a child */

/* How many there are, or -1; `waiting` are ends of connections that keep their address for a minute, which the container's
 * settings do not allow. */
static int64_t
sockets_used(bool *waiting)
{
    char text[512];
    harness_read_text(sockets_fd, text, sizeof(text));
    *waiting = harness_number_after(text, " tw ") > 0;
    return harness_number_after(text, "sockets: used ");
}

/* False where sockets stay. */
static bool
end_sockets(void)
{
    int64_t deadline = 0;
    bool waiting;
    while (sockets_used(&waiting) > sockets_none) {
        int64_t now = harness_now_ms();
        deadline = deadline == 0 ? now + CIRCLE_MS : deadline;
        if (now > deadline) {
            return false;
        }
        close(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        nap();
    }
    return !waiting;
}

/* Empties the folders for the first child, and finds out whether their file systems tell that something is in them. */
void
harness_wipe_watch(void)
{
    sockets_fd = harness_open_high("/proc/net/sockstat", "/proc/self/net/sockstat");
    bool waiting;
    sockets_none = sockets_used(&waiting);
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        char probe[32];
        stpcpy(stpcpy(probe, folders[i].path), "/probe");
        wipe(folders[i].path);
        uint64_t empty = free_inodes(folders[i].path);
        int fd = open(probe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        bool counts = fd >= 0 && free_inodes(folders[i].path) + 1 == empty;
        close(fd);
        unlink(probe);
        folders[i].free_inodes = counts && free_inodes(folders[i].path) == empty ? empty : 0;
    }
}

/* What has no name any more is freed when the last that holds it lets go. */
static bool
is_empty_soon(const char *path, uint64_t empty)
{
    int64_t deadline = harness_now_ms() + CIRCLE_MS;
    while (free_inodes(path) != empty) {
        if (harness_now_ms() > deadline) {
            return false;
        }
        nap();
    }
    return true;
}

/* Sockets first, which may hold files. A folder that has as many free inodes as when it was empty is empty. */
bool
harness_wipe_folders(void)
{
    bool clean = end_sockets();
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        uint64_t empty = folders[i].free_inodes;
        if (empty == 0 || free_inodes(folders[i].path) != empty) {
            clean = wipe(folders[i].path) && (empty == 0 || is_empty_soon(folders[i].path, empty)) && clean;
        }
    }
    return clean;
}
