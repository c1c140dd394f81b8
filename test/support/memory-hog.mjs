// Takes the memory of a control group until the kernel ends processes in it, so that a test has a real shortage.
// node memory-hog.mjs PID kill|gone: joins the group of that process and takes less than half of it. After the first message it
// waits for a child of that process that takes its time, and takes the rest while it runs: until the kernel has ended one
// process, or until none but itself is left. Meanwhile both stand still, as on a host that has no time for them: PID would end
// the child before the kernel does. Sends { near: true }, then { kills } as the kernel counts them, and ends when
// it is disconnected. Needs root.
import { closeSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MIB = 1024 * 1024;
/** Of what is left to children, the half of which makes PID 1 leave (MEMORY_MARGIN_BYTES of tracer/csrc/harness_wait.c). */
const MARGIN = 64 * MIB;
/** What the program that runs meanwhile may take before that half. */
const ROOM = 64 * MIB;
const STEP = MIB / 4;
/** A child that is as old is one of those that run for half a second. */
const OLD_MS = 100;
const LOOK_MS = 5;

const [victim, until] = process.argv.slice(2);

function groupOf(pid) {
  for (const line of readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === 'memory') return join('/sys/fs/cgroup/memory', path);
    if (controllers === '' && existsSync(`/sys/fs/cgroup${path}/memory.max`)) {
      return join('/sys/fs/cgroup', path);
    }
  }
  throw new Error(`no group of memory for process ${pid}`);
}

const group = groupOf(victim);
const isFirst = existsSync(join(group, 'memory.limit_in_bytes'));
const read = (name) => readFileSync(join(group, name), 'utf8');
const limit = Number(read(isFirst ? 'memory.limit_in_bytes' : 'memory.max'));
const used = () => Number(read(isFirst ? 'memory.usage_in_bytes' : 'memory.current'));
const kills = () => {
  const counted = read(isFirst ? 'memory.oom_control' : 'memory.events');
  return Number(/^oom_kill (\d+)$/m.exec(counted)?.[1]);
};
const others = () =>
  read('cgroup.procs')
    .split('\n')
    .filter((pid) => pid !== '' && Number(pid) !== process.pid);

// A file in memory: its pages count for the group, and not as this process's own, which the kernel would rather end.
const path = `/dev/shm/tracemill-hog-${process.pid}`;
const file = openSync(path, 'wx');
unlinkSync(path);
const block = Buffer.alloc(STEP, 1);

// The kernel takes a process with the highest adjustment first; a child of a sandbox has that by itself.
if (until === 'gone') writeFileSync(`/proc/${victim}/oom_score_adj`, '1000');
writeFileSync(join(group, 'cgroup.procs'), String(process.pid));
let taken = 0;
const take = () => {
  taken += writeSync(file, block, 0, STEP, taken);
};
while (used() < (limit - MARGIN) / 2 - ROOM) take();
const near = taken;
const before = kills();

/** Nothing where it is gone. */
function signal(pid, name) {
  try {
    process.kill(Number(pid), name);
  } catch {
    return;
  }
}

function tell() {
  closeSync(file);
  signal(victim, 'SIGCONT');
  // Not the end too: its parent may hear of that before it reads this.
  process.send({ kills: kills() - before });
}

/** False where the child had ended by itself; what was taken since is then given back. */
function takeTheRest(child) {
  for (const pid of [victim, child]) signal(pid, 'SIGSTOP');
  const isOver = () => (until === 'kill' ? kills() > before : others().length === 0);
  while (!isOver()) {
    if (kills() === before && !others().includes(child)) {
      ftruncateSync(file, near);
      taken = near;
      signal(victim, 'SIGCONT');
      return false;
    }
    take();
  }
  return true;
}

process.once('message', () => {
  const seen = new Map();
  const timer = setInterval(() => {
    const now = performance.now();
    const children = others().filter((pid) => pid !== victim);
    for (const pid of [...seen.keys()]) if (!children.includes(pid)) seen.delete(pid);
    for (const pid of children) if (!seen.has(pid)) seen.set(pid, now);
    const old = children.find((pid) => now - seen.get(pid) >= OLD_MS);
    if (old === undefined || !takeTheRest(old)) return;
    clearInterval(timer);
    tell();
  }, LOOK_MS);
});
process.once('disconnect', () => process.exit(0));
process.send({ near: true });
