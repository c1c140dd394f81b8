// Options of a sandbox container: a pure function of limits and names. What each line confines is in docs/sandbox.md.
import { REQUEST_BYTES_MAX } from './request.ts';
import type { ChildLimits } from './request.ts';

const MIB = 1024 * 1024;

/** The two fixed worlds of a slot (tracer/src/tracer/harness/variants.py). */
export type Variant = 'trace' | 'confirm';

export const LABEL = {
  owner: 'tracemill.owner',
  worker: 'tracemill.worker',
  boot: 'tracemill.boot',
  deadline: 'tracemill.deadline',
} as const;
export const OWNER = 'tracemill-sandbox';

/** Interpreter, harness and preloaded modules took 40 MiB where they were measured. */
const SUPERVISOR_BYTES = 96 * MIB;
/** MEMORY_MARGIN_BYTES of tracer/csrc/harness_wait.c: so far below the limit PID 1 ends a child. */
const MARGIN_BYTES = 64 * MIB;
export const TMP_BYTES = 16 * MIB;
export const TMP_INODES = 4096;
export const SHM_BYTES = 16 * MIB;
/** FILE_MAX_BYTES of tracer/csrc/harness.h, for each of stdout and stderr. */
const RAW_OUTPUT_BYTES = 32 * MIB;
export const PIDS_MAX = 64;
export const HOSTNAME = 'sandbox';
/** Above the descriptors that the harness keeps away from children. */
export const OPEN_FILES = 1024;
export const STACK_BYTES = 8 * MIB;

export interface ContainerOptions {
  readonly image: string;
  readonly variant: Variant;
  /** Random addresses are for control runs only. */
  readonly aslr: boolean;
  readonly memoryBytes: number;
  readonly cpus: number;
  /** Content of the seccomp profile. */
  readonly seccomp: string;
  /** Name of an OCI runtime; null is the engine's default. */
  readonly runtime: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly name: string;
}

/** Memory in bytes of a container in which a child may use all of its limits. */
export function containerMemoryBytes(limits: ChildLimits): number {
  const stream = limits.traceBytes + limits.endBytes;
  const around = REQUEST_BYTES_MAX + 2 * RAW_OUTPUT_BYTES + TMP_BYTES + SHM_BYTES;
  return limits.memoryBytes + stream + around + SUPERVISOR_BYTES + MARGIN_BYTES;
}

/** The body of Docker's create call. */
export function containerSpec(options: ContainerOptions) {
  const memory = options.memoryBytes;
  return {
    name: options.name,
    Image: options.image,
    Cmd: [options.variant, options.aslr ? 'random' : 'fixed'],
    Hostname: HOSTNAME,
    Domainname: '',
    User: '65534:65534',
    WorkingDir: '/tmp',
    Env: [],
    Labels: options.labels,
    Tty: false,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    NetworkDisabled: true,
    HostConfig: {
      AutoRemove: true,
      NetworkMode: 'none',
      ReadonlyRootfs: true,
      Privileged: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges', `seccomp=${options.seccomp}`],
      PidsLimit: PIDS_MAX,
      Memory: memory,
      MemorySwap: memory,
      MemorySwappiness: 0,
      NanoCpus: Math.round(options.cpus * 1e9),
      OomScoreAdj: 500,
      IpcMode: 'private',
      ShmSize: SHM_BYTES,
      Tmpfs: {
        '/tmp': `rw,nosuid,nodev,size=${String(TMP_BYTES)},nr_inodes=${String(TMP_INODES)},mode=1777`,
        '/dev/shm': `rw,nosuid,nodev,noexec,size=${String(SHM_BYTES)},nr_inodes=${String(TMP_INODES)},mode=1777`,
      },
      // The end of a connection would keep its address for a minute, for the next programs too.
      Sysctls: { 'net.ipv4.tcp_max_tw_buckets': '0' },
      LogConfig: { Type: 'none', Config: {} },
      Ulimits: [
        { Name: 'core', Soft: 0, Hard: 0 },
        { Name: 'nofile', Soft: OPEN_FILES, Hard: OPEN_FILES },
        { Name: 'stack', Soft: STACK_BYTES, Hard: STACK_BYTES },
        { Name: 'memlock', Soft: 0, Hard: 0 },
        { Name: 'msgqueue', Soft: 0, Hard: 0 },
      ],
      ...(options.runtime === null ? {} : { Runtime: options.runtime }),
    },
  };
}

export type ContainerSpec = ReturnType<typeof containerSpec>;
