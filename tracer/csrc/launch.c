/* Entry point of the sandbox container: fixes the environment and the addresses, then becomes Python (PID 1).
 * Arguments: variant (trace or confirm), addresses (fixed or random). */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#ifndef ADDR_NO_RANDOMIZE
#define ADDR_NO_RANDOMIZE 0x0040000
#endif

/* Not -I: it would ignore PYTHONHASHSEED. Frozen modules off, so that library code has the file name of its text. */
static char *const ARGUMENTS_HEAD[] = {"python3.13", "-s", "-S", "-P", "-B", "-X",
                                       "frozen_modules=off", "-m", "tracer.harness"};

int
main(int count, char **arguments)
{
    if (count != 3) {
        fputs("usage: sandbox trace|confirm fixed|random\n", stderr);
        return 2;
    }
    int confirms = strcmp(arguments[1], "confirm") == 0;
    int fixed = strcmp(arguments[2], "random") != 0;
    if (fixed && personality(ADDR_NO_RANDOMIZE) == -1) {
        /* Goes on all the same: the greeting tells the host, which refuses the sandbox and names all that does not hold. */
        perror("sandbox: personality");
    }
    char *const environment[] = {
        "PATH=/usr/local/bin:/usr/bin:/bin",
        "HOME=/tmp",
        "LANG=C.UTF-8",
        "LC_ALL=C.UTF-8",
        "TZ=UTC",
        confirms ? "PYTHONHASHSEED=1791095845" : "PYTHONHASHSEED=0",
        "PYTHON_CPU_COUNT=1",
        "PYTHONPATH=/opt/tracemill:/opt/packages",
        "LD_PRELOAD=/opt/tracemill/lib/preload.so",
        /* What a child would look up at its first call is found before the first fork. */
        "LD_BIND_NOW=1",
        /* libm without fused multiply-add gives the same bits on every x86-64; one arena serves all threads; the heap
         * of PID 1 is of huge pages, which a fork copies faster. */
        "GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-FMA4:glibc.malloc.arena_max=1:glibc.malloc.hugetlb=1",
        NULL,
    };
    char *python[16];
    int at = 0;
    for (size_t i = 0; i < sizeof(ARGUMENTS_HEAD) / sizeof(ARGUMENTS_HEAD[0]); i++) {
        python[at++] = ARGUMENTS_HEAD[i];
    }
    python[at++] = arguments[1];
    python[at] = NULL;
    execve("/usr/bin/python3.13", python, environment);
    perror("sandbox: /usr/bin/python3.13");
    return 1;
}
