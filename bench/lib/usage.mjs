// What processes and containers used, read from the kernel: CPU time in ms, memory in bytes. Needs to be root for others.
import { readFileSync, readdirSync } from 'node:fs';

/** Of /proc/PID/stat on Linux, where one tick is 10 ms on every architecture. */
const TICK_MS = 10;

const textOf = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

const pids = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

/** Pids whose command line has all of the words. */
export function processesWith(...words) {
  return pids().filter((pid) => {
    const command = textOf(`/proc/${pid}/cmdline`) ?? '';
    return words.every((word) => command.includes(word));
  });
}

/** Pids of a container's processes, by the name of their control group. */
export function containerProcesses(id) {
  return pids().filter((pid) => (textOf(`/proc/${pid}/cgroup`) ?? '').includes(id));
}

/** CPU time of a process and its reaped children. */
export function processCpuMs(pid) {
  const text = textOf(`/proc/${pid}/stat`);
  if (text === null) return 0;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Proportional set size: memory shared by n processes counts for each with an n-th. */
export function pssBytes(pid) {
  const found = /^Pss: +(\d+) kB/m.exec(textOf(`/proc/${pid}/smaps_rollup`) ?? '');
  return found === null ? 0 : Number(found[1]) * 1024;
}

/** Resident memory of a process in bytes. */
export function rssBytes(pid) {
  const found = /^VmRSS:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/status`) ?? '');
  return found === null ? 0 : Number(found[1]) * 1024;
}

/** Open descriptors of a process. */
export function descriptorCount(pid) {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** CPU time that all processes of a container used so far, from either form of cgroups. */
export function containerCpuMs(id) {
  const one = textOf(`/sys/fs/cgroup/cpuacct/docker/${id}/cpuacct.usage`);
  if (one !== null) return Number(one) / 1e6;
  const folders = [`system.slice/docker-${id}.scope`, `docker/${id}`];
  const texts = folders.map((folder) => textOf(`/sys/fs/cgroup/${folder}/cpu.stat`));
  const found = /^usage_usec (\d+)/m.exec(texts.find((text) => text !== null) ?? '');
  return found === null ? NaN : Number(found[1]) / 1000;
}

/** CPU time of containers that come and go: the last that was seen of each. */
export function cpuWatch(listIds) {
  const containers = new Map();
  const shims = new Map();
  // A look through all processes costs more than what a sandbox does meanwhile: each shim is looked for once.
  const shimOf = new Map();
  const look = async () => {
    for (const id of await listIds()) {
      const cpu = containerCpuMs(id);
      if (Number.isFinite(cpu)) containers.set(id, cpu);
      const pid = shimOf.get(id) ?? processesWith('containerd-shim', id)[0];
      if (pid === undefined) continue;
      shimOf.set(id, pid);
      shims.set(pid, Math.max(shims.get(pid) ?? 0, processCpuMs(pid)));
    }
  };
  const total = (map) => [...map.values()].reduce((sum, value) => sum + value, 0);
  return { look, containersMs: () => total(containers), shimsMs: () => total(shims) };
}
