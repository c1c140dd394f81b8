import { describe, expect, test } from 'vitest';
import { parseHello, probeProblems, requireSafe } from '../../../src/sandbox/hello.ts';
import type { Hello } from '../../../src/sandbox/hello.ts';

const MEMORY = 1 << 30;
const EXPECTED = { variant: 'trace', aslr: false, memoryBytes: MEMORY, cpus: 1 } as const;

const LIMITS = {
  pid: 1,
  uid: 65534,
  gid: 65534,
  groups: '65534',
  hostname: 'sandbox',
  capabilities: Array.from({ length: 5 }, () => '0'.repeat(16)),
  noNewPrivileges: true,
  seccomp: '2',
  denied: { flock: 'EPERM', netlink: 'EPERM' },
  mounts: ['/', '/dev', '/dev/shm', '/etc/hosts', '/proc', '/proc/keys', '/sys/fs/cgroup', '/tmp'],
  resources: {
    ...{ core: [0, 0], nofile: [1024, 1024], stack: [8 << 20, 8 << 20] },
    ...{ memlock: [0, 0], msgqueue: [0, 0] },
  },
  personality: '00040000',
  root: { bytes: 1, inodes: 1, readOnly: true },
  tmp: { bytes: 16 << 20, inodes: 4096, readOnly: false },
  shm: { bytes: 16 << 20, inodes: 100, readOnly: false },
  interfaces: ['lo'],
  memoryBytes: String(MEMORY),
  swapBytes: String(MEMORY),
  swapTotal: '2048',
  pids: '64',
  cpu: '100000',
  cgroup: 1,
};

const NONE = Array.from({ length: 4 }, () => '0'.repeat(16));

function hello(changes: Readonly<Record<string, unknown>> = {}): Hello {
  return {
    variant: 'trace',
    environment: {},
    limits: { ...LIMITS, ...changes },
    dumpable: false,
  };
}

describe('the probe', () => {
  test('finds nothing wrong with a sandbox as it was asked for', () => {
    expect(probeProblems(hello(), EXPECTED)).toEqual([]);
  });

  test('reads the figures of cgroup version 2', () => {
    const two = { cgroup: 2, cpu: '100000 100000', swapBytes: '0' };
    expect(probeProblems(hello(two), EXPECTED)).toEqual([]);
  });

  test.each([
    [{ capabilities: [...NONE, '0000000000000001'] }, 'it has capabilities'],
    [{ capabilities: [...NONE, null] }, 'it does not tell its capabilities'],
    [{ capabilities: [] }, 'it does not tell its capabilities'],
    [{ groups: '65534 999' }, 'it is in further groups'],
    [{ hostname: 'server-7' }, 'it knows the name of its host'],
    [{ denied: { flock: 'none', netlink: 'EPERM' } }, 'its seccomp filter is another one'],
    [{ denied: null }, 'its seccomp filter is another one'],
    [
      { mounts: ['/', '/var/run/docker.sock', '/tmp/in'] },
      'something is mounted in it: /var/run/docker.sock, /tmp/in',
    ],
    [{ mounts: undefined }, 'something is mounted in it: unknown'],
    [{ resources: { ...LIMITS.resources, core: [0, -1] } }, 'its limit of core does not hold'],
    [
      { resources: { ...LIMITS.resources, nofile: [1024, 4096] } },
      'its limit of nofile does not hold',
    ],
    [{ uid: 0 }, 'it runs as another user'],
    [{ noNewPrivileges: false }, 'it may gain privileges'],
    [{ seccomp: '0' }, 'no seccomp filter is in force'],
    [{ pid: 7 }, 'the harness is not PID 1'],
    [{ interfaces: ['lo', 'eth0'] }, 'it has network interfaces: eth0'],
    [{ memoryBytes: '9223372036854771712' }, 'its memory is "9223372036854771712" bytes'],
    [{ swapBytes: String(2 * MEMORY) }, 'it may swap'],
    [{ swapBytes: null }, 'it may swap'],
    [{ cpu: '-1' }, 'its processors are "-1"'],
    [{ root: { readOnly: false } }, 'its root can be written'],
    [{ tmp: { bytes: 1 << 30, inodes: 4096 } }, '/tmp has no limit of size'],
    [{ tmp: { bytes: 1 << 20, inodes: 99_999 } }, '/tmp has no limit of files'],
    [{ tmp: { bytes: 0, inodes: 4096 } }, '/tmp has no limit of size'],
    [{ tmp: { bytes: 1 << 20, inodes: 0 } }, '/tmp has no limit of files'],
    [{ shm: { bytes: 1 << 30, inodes: 4096 } }, '/dev/shm has no limit of size'],
    [{ shm: { bytes: 1 << 20, inodes: 99_999 } }, '/dev/shm has no limit of files'],
    [{ shm: { bytes: 1 << 20 } }, '/dev/shm has no limit of files'],
    [{ pids: 'max' }, 'its processes are not limited'],
    [
      { personality: '00000000' },
      'its addresses are random (its runtime refuses personality ADDR_NO_RANDOMIZE)',
    ],
  ])('given %j says: %s', (changes, problem) => {
    expect(probeProblems(hello(changes), EXPECTED)).toEqual([problem]);
  });

  test('does not mind swap limits where the host has no swap', () => {
    expect(probeProblems(hello({ swapBytes: null, swapTotal: '0' }), EXPECTED)).toEqual([]);
  });

  test('refuses with all problems in one sentence', () => {
    expect(() => {
      requireSafe(hello({ uid: 0, pids: 'max' }), EXPECTED);
    }).toThrow(
      expect.objectContaining({
        code: 'sandbox-unsafe',
        message: expect.stringMatching(/as another user; its processes are not limited/) as string,
      }),
    );
  });
});

describe('a greeting', () => {
  test('of another protocol asks for a new image', () => {
    const text = JSON.stringify({ protocol: 99, environment: {}, limits: {} });
    expect(() => parseHello(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: 'environment-mismatch' }),
    );
  });

  test.each(['', 'null', '[]', '{"protocol":1}'])('of %j is a violation', (text) => {
    expect(() => parseHello(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: 'wire-violation' }),
    );
  });
});
