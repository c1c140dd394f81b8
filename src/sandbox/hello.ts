// What a sandbox says of itself when it starts, and the probe: whether every limit that it was given really holds.
import { AppError } from '../errors.ts';
import {
  HOSTNAME,
  OPEN_FILES,
  OWNER,
  PIDS_MAX,
  SHM_BYTES,
  STACK_BYTES,
  TMP_BYTES,
  TMP_INODES,
} from './container-spec.ts';
import type { Variant } from './container-spec.ts';

export const PROTOCOL = 1;

type Facts = Readonly<Record<string, unknown>>;

export interface Hello {
  readonly variant: string;
  /** The environment's fingerprint, flat but for `worlds`. */
  readonly environment: Facts;
  readonly limits: Facts;
  /** Of PID 1, once it serves. */
  readonly dumpable: unknown;
}

function isFacts(value: unknown): value is Facts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Throws AppError `wire-violation`, or `environment-mismatch` where the image speaks another protocol. */
export function parseHello(payload: Buffer): Hello {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString('utf8'));
  } catch {
    value = null;
  }
  if (!isFacts(value) || !isFacts(value['environment']) || !isFacts(value['limits'])) {
    throw new AppError('wire-violation', 'the sandbox sent a greeting that is none');
  }
  if (value['protocol'] !== PROTOCOL) {
    const spoken = JSON.stringify(value['protocol']);
    throw new AppError(
      'environment-mismatch',
      `the sandbox image speaks protocol ${spoken}, this program ${String(PROTOCOL)}; rebuild the image`,
    );
  }
  const { environment, limits, dumpable } = value;
  return { variant: String(value['variant']), environment, limits, dumpable };
}

export interface Expected {
  readonly variant: Variant;
  readonly aslr: boolean;
  readonly memoryBytes: number;
  readonly cpus: number;
}

const field = (facts: Facts, name: string, inner: string): unknown => {
  const value = facts[name];
  return isFacts(value) ? value[inner] : undefined;
};

/** Interfaces that a kernel adds to every network namespace when their modules are loaded; they lead nowhere. */
const EMPTY_INTERFACES = /^(lo|tunl0|sit0|ip6tnl0|gre0|gretap0|erspan0|ip_vti0|ip6_vti0|ip6gre0)$/;

function networkProblems(facts: Facts): string[] {
  const names = facts['interfaces'];
  const odd = Array.isArray(names)
    ? names.filter((name) => !EMPTY_INTERFACES.test(String(name)))
    : ['unknown'];
  return odd.length === 0 ? [] : [`it has network interfaces: ${odd.join(', ')}`];
}

function memoryProblems(facts: Facts, expected: Expected): string[] {
  const problems: string[] = [];
  const limit = Number(facts['memoryBytes']);
  // The kernel rounds to pages.
  if (!(limit <= expected.memoryBytes && limit > expected.memoryBytes - 65_536)) {
    problems.push(`its memory is ${JSON.stringify(facts['memoryBytes'])} bytes`);
  }
  const swap = facts['swapBytes'];
  const noSwap = facts['swapTotal'] === '0';
  const limited = facts['cgroup'] === 2 ? Number(swap) === 0 : Number(swap) <= expected.memoryBytes;
  if (!noSwap && (swap === null || !limited)) problems.push('it may swap');
  return problems;
}

function cpuProblems(facts: Facts, expected: Expected): string[] {
  const text = String(facts['cpu']);
  const [quota, period] = facts['cgroup'] === 2 ? text.split(' ') : [text, '100000'];
  const cpus = Number(quota) / Number(period);
  return Math.abs(cpus - expected.cpus) < 0.01
    ? []
    : [`its processors are ${JSON.stringify(text)}`];
}

/** A file system without a limit says 0. */
const isWithin = (value: unknown, most: number): boolean =>
  typeof value === 'number' && value > 0 && value <= most;

function folderProblems(facts: Facts): string[] {
  const problems = field(facts, 'root', 'readOnly') === true ? [] : ['its root can be written'];
  const folders = [
    ['tmp', '/tmp', TMP_BYTES],
    ['shm', '/dev/shm', SHM_BYTES],
  ] as const;
  for (const [name, path, bytesMax] of folders) {
    if (!isWithin(field(facts, name, 'bytes'), bytesMax))
      problems.push(`${path} has no limit of size`);
    if (!isWithin(field(facts, name, 'inodes'), TMP_INODES))
      problems.push(`${path} has no limit of files`);
  }
  return problems;
}

/** Inherited, permitted, effective, bounding, ambient. */
const CAPABILITY_SETS = 5;

function privilegeProblems(facts: Facts): string[] {
  const problems: string[] = [];
  const sets = facts['capabilities'];
  if (!Array.isArray(sets) || sets.length !== CAPABILITY_SETS || sets.includes(null)) {
    problems.push('it does not tell its capabilities');
  } else if (!sets.every((set) => /^0+$/.test(String(set)))) {
    problems.push('it has capabilities');
  }
  if (facts['uid'] !== 65534 || facts['gid'] !== 65534) problems.push('it runs as another user');
  if (!/^(65534)?$/.test(String(facts['groups']))) problems.push('it is in further groups');
  if (facts['noNewPrivileges'] !== true) problems.push('it may gain privileges');
  if (facts['seccomp'] !== '2') problems.push('no seccomp filter is in force');
  else if (['flock', 'netlink'].some((call) => field(facts, 'denied', call) !== 'EPERM')) {
    problems.push('its seccomp filter is another one');
  }
  if (facts['pid'] !== 1) problems.push('the harness is not PID 1');
  return problems;
}

/** What the engine mounts by itself: below these nothing of the host can be written or found out. */
const OWN_MOUNTS = /^(\/|\/tmp|\/etc\/(hostname|hosts|resolv\.conf)|\/(dev|proc|sys)(\/.*)?)$/;

function mountProblems(facts: Facts): string[] {
  const mounts = facts['mounts'];
  const odd = Array.isArray(mounts)
    ? mounts.filter((path) => !OWN_MOUNTS.test(String(path)))
    : ['unknown'];
  return odd.length === 0 ? [] : [`something is mounted in it: ${odd.join(', ')}`];
}

/** Soft and hard limits of each process, at most. */
const RESOURCES: Readonly<Record<string, number>> = {
  core: 0,
  nofile: OPEN_FILES,
  stack: STACK_BYTES,
  memlock: 0,
  msgqueue: 0,
};

function resourceProblems(facts: Facts): string[] {
  const isHeld = ([name, most]: [string, number]): boolean => {
    const found = field(facts, 'resources', name);
    return (
      Array.isArray(found) &&
      found.length === 2 &&
      found.every((limit) => typeof limit === 'number' && limit >= 0 && limit <= most)
    );
  };
  const odd = Object.entries(RESOURCES).filter((limit) => !isHeld(limit));
  return odd.map(([name]) => `its limit of ${name} does not hold`);
}

function addressProblems(facts: Facts, expected: Expected): string[] {
  const isFixed = facts['personality'] === '00040000';
  if (isFixed !== expected.aslr) return [];
  return isFixed
    ? ['its addresses are fixed, and random ones were asked for']
    : ['its addresses are random (its runtime refuses personality ADDR_NO_RANDOMIZE)'];
}

/** What does not hold, in words; empty where the sandbox is as it was asked for. */
export function probeProblems(hello: Hello, expected: Expected): string[] {
  const facts = hello.limits;
  return [
    ...privilegeProblems(facts),
    ...networkProblems(facts),
    ...memoryProblems(facts, expected),
    ...cpuProblems(facts, expected),
    ...folderProblems(facts),
    ...mountProblems(facts),
    ...resourceProblems(facts),
    ...(Number(facts['pids']) === PIDS_MAX ? [] : ['its processes are not limited']),
    ...(hello.dumpable === false ? [] : ['PID 1 can be read by its children']),
    ...(facts['hostname'] === HOSTNAME ? [] : ['it knows the name of its host']),
    ...(hello.variant === expected.variant ? [] : ['it is of the other kind']),
    ...addressProblems(facts, expected),
  ];
}

/** Throws AppError `sandbox-unsafe` that names everything that does not hold. */
export function requireSafe(hello: Hello, expected: Expected): void {
  const problems = probeProblems(hello, expected);
  if (problems.length === 0) return;
  throw new AppError(
    'sandbox-unsafe',
    `this host cannot confine a sandbox (${OWNER}): ${problems.join('; ')}`,
  );
}
