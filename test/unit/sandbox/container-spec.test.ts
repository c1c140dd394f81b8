import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import { containerMemoryBytes, containerSpec } from '../../../src/sandbox/container-spec.ts';
import { childLimits } from '../../../src/sandbox/request.ts';
import { readSeccompProfile } from '../../../src/sandbox/seccomp-profile.ts';

const OPTIONS = {
  image: 'sha256:0',
  variant: 'confirm',
  aslr: false,
  memoryBytes: 1 << 30,
  cpus: 0.5,
  seccomp: '{}',
  runtime: null,
  labels: { a: 'b' },
  name: 'n',
} as const;

test('a container has no network, no privileges, no swap and no log', () => {
  const spec = containerSpec(OPTIONS);
  expect(spec).toMatchObject({
    Cmd: ['confirm', 'fixed'],
    User: '65534:65534',
    Hostname: 'sandbox',
    OpenStdin: true,
    StdinOnce: true,
    Tty: false,
    Env: [],
    HostConfig: {
      AutoRemove: true,
      NetworkMode: 'none',
      ReadonlyRootfs: true,
      Privileged: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges', 'seccomp={}'],
      Memory: 1 << 30,
      MemorySwap: 1 << 30,
      NanoCpus: 500_000_000,
      LogConfig: { Type: 'none', Config: {} },
    },
  });
  expect(spec.HostConfig).not.toHaveProperty('Binds');
  expect(spec.HostConfig).not.toHaveProperty('Runtime');
});

test('a container is large enough for all that a child may use', () => {
  const limits = childLimits(DEFAULT_LIMITS, 1);
  const all = limits.memoryBytes + limits.traceBytes + limits.endBytes + 2 * limits.outputBytes;
  expect(containerMemoryBytes(limits)).toBeGreaterThan(all);
});

test('the seccomp profile denies by default and allows one personality', async () => {
  const profile = JSON.parse(await readSeccompProfile()) as {
    defaultAction: string;
    syscalls: { names: string[]; args?: { value: number; op: string }[] }[];
  };
  expect(profile.defaultAction).toBe('SCMP_ACT_ERRNO');
  const rules = profile.syscalls.filter(({ names }) => names.includes('personality'));
  expect(rules.map(({ args }) => args?.map(({ value, op }) => [value, op]))).toEqual([
    [[0x40000, 'SCMP_CMP_EQ']],
  ]);
  const allowed = profile.syscalls.filter(({ args }) => args === undefined).flatMap((r) => r.names);
  const forbidden =
    /^(ptrace|process_vm|io_uring|keyctl|add_key|bpf|perf|mount|umount|unshare|setns|shm|msg(get|snd|rcv|ctl)|sem|mq_|flock|kexec|init_module|open_by_handle|userfaultfd|chroot|pivot)/;
  expect(allowed.filter((name) => forbidden.test(name))).toEqual([]);
});
