// What a program finds when it looks for a way out: each probe runs in both sandboxes of a slot and tells what it saw.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Execution } from '../../../src/contract/execution.ts';
import { readExecution } from '../../../activities/read-execution.ts';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import type { SlotPool } from '../../../src/sandbox/port.ts';
import { invocation } from '../../support/invocations.ts';
import { openPool } from '../../support/sandbox-pool.ts';

const signal = new AbortController().signal;
type Role = 'trace' | 'confirm';
const ROLES: readonly Role[] = ['trace', 'confirm'];
let pool: SlotPool;

beforeAll(async () => {
  pool = await openPool(`test-escape-${randomUUID()}`);
});
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
});

/** The body runs as the module's text, so that it is not traced; `found` is what it tells. */
function probe(role: Role, body: string): Promise<Execution> {
  const source = `${body}\nimport json\nanswer = json.dumps(found)\ndef f():\n    print(answer)\n`;
  return pool.use((slot) => slot[role](invocation(source), signal), signal);
}

async function told(role: Role, body: string): Promise<unknown> {
  const { ending } = readExecution(await probe(role, body), DEFAULT_LIMITS);
  expect(ending).toMatchObject({ outcome: 'returned', exceptionMessage: null });
  return JSON.parse(ending.stdout);
}

const ATTEMPT = `
import errno
def attempt(work, *args):
    try:
        work(*args)
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))
    return "done"
`;

describe.each(ROLES)('a program in the sandbox that is to %s', (role) => {
  test('has no capabilities, may gain no privileges, is filtered, and is nobody', async () => {
    const body = `
lines = open("/proc/self/status").read().splitlines()
status = dict(line.split(":", 1) for line in lines)
names = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Uid", "Gid"]
found = {name: status[name].split()[0] for name in names}
`;
    const none = '0000000000000000';
    expect(await told(role, body)).toEqual({
      ...{ CapInh: none, CapPrm: none, CapEff: none, CapBnd: none, CapAmb: none },
      ...{ NoNewPrivs: '1', Seccomp: '2', Uid: '65534', Gid: '65534' },
    });
  });

  test('has a filter of its own over that of the container', async () => {
    const body = `${ATTEMPT}
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    if libc.syscall(number, *args) < 0:
        raise OSError(ctypes.get_errno(), "")
fixed = 0x40000
with open("/proc/self/status") as file:
    filters = [line.split()[1] for line in file if line.startswith("Seccomp_filters")]
found = {
    "filters": filters[0] if filters else "2",
    "personality": attempt(call, 135, fixed),
    "setuid": attempt(os.setuid, os.getuid()),
    "setgroups": attempt(os.setgroups, []),
    "execveat": attempt(call, 322, -100, b"/nowhere", 0, 0, 0),
    "x32": attempt(call, 0x40000000 + 39),
}
`;
    expect(await told(role, body)).toEqual({
      ...{ filters: '2', personality: 'EPERM', setuid: 'EPERM', setgroups: 'EPERM' },
      ...{ execveat: 'EPERM', x32: 'ENOSYS' },
    });
  });

  test('cannot call the kernel in the manner of a 32-bit program', async () => {
    const body = `
import ctypes, mmap, os
# mov eax, 20 (getpid of i386); int 0x80; ret
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(bytes([0xB8, 20, 0, 0, 0, 0xCD, 0x80, 0xC3]))
address = ctypes.addressof(ctypes.c_char.from_buffer(code))
# Where the kernel has no such calls at all, the attempt is a signal.
child = os.fork()
if child == 0:
    answer = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    os._exit(0 if answer == -38 else 1)
_, status = os.waitpid(child, 0)
found = os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
`;
    expect(await told(role, body)).toBe(true);
  });

  test('can neither read, trace, limit nor end PID 1', async () => {
    const body = `${ATTEMPT}
import ctypes, os, resource
def read(name):
    with open("/proc/1/" + name, "rb") as file:
        file.read(64)
files = ["environ", "mem", "maps", "smaps", "auxv", "syscall", "io", "stack", "pagemap", "task/1/mem"]
links = ["exe", "cwd", "root", "ns/pid", "ns/mnt", "fd/0", "fd/1", "fd/950"]
libc = ctypes.CDLL(None, use_errno=True)
def call(function, *args):
    if function(*args) < 0:
        raise OSError(ctypes.get_errno(), "")
buffer = ctypes.create_string_buffer(64)
ways = {
    "fds": lambda: os.listdir("/proc/1/fd"),
    "attach": lambda: call(libc.ptrace, 16, 1, 0, 0),
    "seize": lambda: call(libc.ptrace, 0x4206, 1, 0, 0),
    "memory read": lambda: call(libc.process_vm_readv, 1, buffer, 1, buffer, 1, 0),
    "memory written": lambda: call(libc.process_vm_writev, 1, buffer, 1, buffer, 1, 0),
    "descriptor taken": lambda: call(libc.syscall, 438, os.pidfd_open(1), 1, 0),
    "limits read": lambda: resource.prlimit(1, resource.RLIMIT_STACK),
    "limits set": lambda: resource.prlimit(1, resource.RLIMIT_STACK, (1 << 20, 1 << 20)),
    "processors": lambda: os.sched_setaffinity(1, {0}),
    "policy": lambda: os.sched_setscheduler(1, os.SCHED_BATCH, os.sched_param(0)),
    "priority": lambda: os.setpriority(os.PRIO_PROCESS, 1, 5),
    "priority of its group": lambda: os.setpriority(os.PRIO_PGRP, 1, 5),
    "priority of the user": lambda: os.setpriority(os.PRIO_USER, 0, 5),
}
seen = {name: attempt(read, name) for name in files}
seen.update({name: attempt(os.readlink, "/proc/1/" + name) for name in links})
seen.update({name: attempt(way) for name, way in ways.items()})
for number in range(1, 65):
    attempt(os.kill, 1, number)
found = sorted(name for name, how in seen.items() if how not in ("EPERM", "EACCES"))
`;
    expect(await told(role, body)).toEqual([]);
    expect(await told(role, 'found = "alive"')).toBe('alive');
  });

  test('cannot open its own memory, nor can what it forks or executes', async () => {
    const body = `${ATTEMPT}
import os, subprocess
with open("/proc/self/stat") as file:
    number = int(file.read().split()[0])
def opened(path):
    os.close(os.open(path, os.O_RDONLY))
os.symlink("/proc/self/mem", "/tmp/memory")
names = ["/proc/self/mem", "/proc/thread-self/mem", f"/proc/self/task/{number}/mem", "/tmp/memory"]
found = {attempt(opened, name) for name in names}
child = os.fork()
if child == 0:
    os._exit(0 if attempt(opened, f"/proc/{number}/mem") == "EACCES" else 1)
found.add(os.waitpid(child, 0)[1])
text = f"open('/proc/{number}/mem', 'rb')"
command = ["/usr/bin/python3.13", "-S", "-c", text]
found.add(subprocess.run(command, stderr=subprocess.DEVNULL).returncode)
found = sorted(map(str, found))
`;
    expect(await told(role, body)).toEqual(['0', '1', 'EACCES']);
  });

  test('can still set its own limits, processors and priority', async () => {
    const body = `${ATTEMPT}
import os, resource
found = [attempt(resource.setrlimit, resource.RLIMIT_STACK, (1 << 20, 1 << 20)), attempt(os.nice, 1),
         attempt(os.sched_setaffinity, 0, os.sched_getaffinity(0))]
`;
    expect(await told(role, body)).toEqual(['done', 'done', 'done']);
    const after =
      'import os, resource\nfound = [resource.getrlimit(resource.RLIMIT_STACK)[0], os.nice(0)]';
    expect(await told(role, after)).toEqual([8 << 20, 19]);
  });

  test('can write nowhere but in the two small folders that are emptied', async () => {
    const body = `${ATTEMPT}
import os
open_folders = []
def make(folder):
    path = os.path.join(folder, "escape-probe")
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
    os.unlink(path)
for folder, below, files in os.walk("/"):
    if folder in ("/proc", "/sys"):
        below[:] = []
        continue
    if attempt(make, folder) == "done":
        open_folders.append(folder)
def append(path):
    os.close(os.open(path, os.O_WRONLY | os.O_APPEND))
texts = ["/etc/passwd", os.__file__, "/opt/tracemill/environment.json", "/opt/tracemill/bin/sandbox",
         "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/kernel/uevent_helper",
         "/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/cgroup.procs"]
open_files = [path for path in texts if attempt(append, path) == "done"]
remount = attempt(lambda: os.mkdir("/new"))
found = [sorted(open_folders), open_files, remount]
`;
    expect(await told(role, body)).toEqual([['/dev/shm', '/tmp'], [], 'EROFS']);
  });

  test('reaches no network, neither by address, by name nor by another family', async () => {
    const body = `${ATTEMPT}
import socket
def connect(address):
    with socket.socket() as peer:
        peer.settimeout(2)
        peer.connect(address)
ways = {host: attempt(connect, (host, 80)) for host in ["1.1.1.1", "169.254.169.254", "172.17.0.1", "10.0.0.1"]}
families = {}
for name, family in {"netlink": 16, "packet": 17, "vsock": 40, "alg": 38, "bluetooth": 31, "can": 29}.items():
    families[name] = attempt(lambda: socket.socket(family, socket.SOCK_RAW if family in (16, 17) else socket.SOCK_STREAM))
try:
    socket.getaddrinfo("example.com", 80)
    names = "done"
except socket.gaierror:
    names = "none"
routes = len(open("/proc/net/route").read().splitlines()) - 1
reached = [way for way, how in ways.items() if how != "ENETUNREACH"]
found = [reached, [name for name, how in families.items() if how == "done"], names, routes]
`;
    expect(await told(role, body)).toEqual([[], [], 'none', 0]);
  });

  test('sees no process, device, socket, secret or name of the host', async () => {
    const body = `
import os, platform, stat
numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]
devices = []
for name in os.listdir("/dev"):
    mode = os.lstat("/dev/" + name).st_mode
    if stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
        devices.append(name)
def readable(path):
    try:
        with open(path, "rb") as file:
            return len(file.read(16)) > 0
    except OSError:
        return False
secret = ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/dev/mem", "/dev/kmsg", "/etc/shadow", "/proc/1/environ",
          "/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock"]
names = open("/etc/hosts").read() + open("/etc/hostname").read() + platform.node()
found = {"processes": len(numbers), "devices": devices, "readable": [p for p in secret if readable(p)],
                  "environment": sorted(os.environ), "names": names, "first": open("/proc/1/cmdline").read().split("\\0")[-2]}
`;
    const seen = (await told(role, body)) as Record<string, unknown>;
    expect(seen).toMatchObject({ processes: 2, devices: [], readable: [], first: role });
    expect(seen['environment']).toEqual(['HOME', 'LANG', 'LC_ALL', 'PATH', 'TZ']);
    expect(seen['names']).not.toContain(hostname());
  });
});

/** Spelled so that the text of the program that looks for it does not hold it. */
const SECRET = 'secret-of-a-neighbour';
const SPELLED = `"-".join(["secret", "of", "a", "neighbour"]).encode()`;

/** Leaves a text wherever a process of this container might find it, and ends without any clean-up. */
const LEAVES = `
import ctypes, os, socket
secret = b"${SECRET}"
for folder in ("/tmp", "/dev/shm"):
    with open(folder + "/left", "wb") as file:
        file.write(secret * 100)
os.environ["LEFT"] = secret.decode()
kept = [secret + str(number).encode() for number in range(20000)]
os.write(1, secret * 50)
os.write(2, secret * 50)
for line in open("/proc/self/maps"):
    fields = line.split()
    if "rw-s" not in fields[1]:
        continue
    start, end = (int(part, 16) for part in fields[0].split("-"))
    # Shared with PID 1: also beyond what this request may use.
    for at in range(start + 8192, end - 64, 1 << 20):
        ctypes.memmove(at, secret, len(secret))
holder = socket.socket(socket.AF_UNIX)
holder.bind("\\0left")
if os.fork() == 0:
    os.setsid()
    import time
    time.sleep(1e6)
os._exit(0)
`;

/** Looks through its whole memory, its descriptors and all files that can be written. */
const LOOKS = `
import ctypes, os, re, socket
secret = ${SPELLED}
places = []
for line in open("/proc/self/maps"):
    fields = line.split()
    if not fields[1].startswith("r") or fields[-1] in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
        continue
    start, end = (int(part, 16) for part in fields[0].split("-"))
    shared = "s" in fields[1]
    step = 1 << 20
    for at in range(start, end, step):
        if shared and at > start + (1 << 20):
            # One page of each MiB: reading a page of shared memory makes it.
            block = ctypes.string_at(at + 8192, 4096) if at + 12288 <= end else b""
        else:
            block = ctypes.string_at(at, min(step, end - at))
        # The joined text itself and copies of it are this program's own, followed by nothing of the other's.
        if re.search(secret + rb"(?:\\d|" + secret + rb")", block) or (shared and secret in block):
            places.append(fields[0] + fields[1])
for folder in ("/tmp", "/dev/shm"):
    places += [folder + "/" + name for name in os.listdir(folder)]
for number in range(3, 256):
    try:
        os.fstat(number)
        target = os.readlink(f"/proc/self/fd/{number}")
        if "memfd" in target or "socket" in target:
            places.append(target)
    except OSError:
        pass
socket.socket(socket.AF_UNIX).bind("\\0left")
found = [places, sorted(os.environ), sum(name.isdigit() for name in os.listdir("/proc"))]
`;

test.each(ROLES)(
  'nothing of one program is there for the next in the sandbox that is to %s',
  async (role) => {
    await probe(role, LEAVES);
    const environment = ['HOME', 'LANG', 'LC_ALL', 'PATH', 'TZ'];
    expect(await told(role, LOOKS)).toEqual([[], environment, 2]);
  },
);

test.each(ROLES)(
  'nothing of an answer that PID 1 still has is there for the next program in the sandbox that is to %s',
  async (role) => {
    const [, seen] = await Promise.all([probe(role, LEAVES), told(role, LOOKS)]);
    expect(seen).toEqual([[], ['HOME', 'LANG', 'LC_ALL', 'PATH', 'TZ'], 2]);
  },
);
