// Known programs that run after a case in the same sandbox: the canary, whose bytes may not change, and the census, which
// counts from inside what a case could have left.
import type { InvocationRequest } from '../../src/contract/execution.ts';
import { invocation } from '../support/invocations.ts';

const CANARY = `
import decimal
import os
import random
import socket


class Bird:
    pass


def f(processes):
    holder = socket.socket(socket.AF_UNIX)
    holder.bind("\\0tracemill-left")
    with open("/proc/sysvipc/shm") as segments, open("/proc/sysvipc/msg") as queues:
        shared = len(segments.readlines()) + len(queues.readlines())
    with open("/tmp/mine", "w") as file:
        file.write("x")
    print(os.listdir("/tmp"), os.listdir("/dev/shm"), processes, shared)
    print([os.statvfs(folder)[3:7] for folder in ("/tmp", "/dev/shm")])
    print(os.getcwd(), os.umask(0), sorted(os.environ), os.getpid(), decimal.getcontext().prec)
    return random.random(), hash("x"), id(Bird()), len({Bird(), Bird()}), decimal.__file__
`;

// Untraced: the numbers of processes rise from child to child.
const SETUP = 'import os\nprocesses = sum(name.isdigit() for name in os.listdir("/proc"))';

/** Returns, prints and shows what a neighbour could change. */
export const canary: InvocationRequest = invocation(CANARY, {
  setup: SETUP,
  call: 'f(processes)',
});

const CENSUS = `
import os


def rows(path):
    try:
        with open(path) as file:
            return len(file.readlines()) - 1
    except OSError:
        return -1


def below(folder):
    try:
        return sum(len(folders) + len(files) for _, folders, files in os.walk(folder))
    except OSError:
        return -1


def mounts():
    found = []
    with open("/proc/self/mountinfo") as file:
        for line in file:
            head, _, tail = line.partition(" - ")
            found.append(head.split()[4] + "=" + tail.split()[0])
    return ",".join(sorted(found))


def f(counts):
    return counts


def count():
    return [
        ("process", sum(name.isdigit() for name in os.listdir("/proc")) - 2),
        ("temp file", below("/tmp") + below("/dev/shm") + below("/var/tmp")),
        ("SysV memory", rows("/proc/sysvipc/shm")),
        ("SysV semaphore", rows("/proc/sysvipc/sem")),
        ("SysV queue", rows("/proc/sysvipc/msg")),
        ("message queue", below("/dev/mqueue")),
        ("socket", rows("/proc/net/unix")),
        ("mount", mounts()),
    ]
`;

/** Counts what there is after `before` has run in the same process; PID 1 and the process itself are not counted. */
export function censusAfter(before: string): InvocationRequest {
  return invocation(CENSUS, { setup: `${before}\ncounts = count()`, call: 'f(counts)' });
}

/** Returns a list of what there is and how much of it. */
export const census = censusAfter('');
