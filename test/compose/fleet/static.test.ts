// Hosts by ssh keep the contract of providers: real sshd, systemd and workers, in containers. One is reached as root, the other
// as a user who may use sudo.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../../infra/dev/processes.ts';
import { imageId } from '../../../infra/dev/engine-api.ts';
import { filesOfMachine } from '../../../src/main/fleet-machine.ts';
import { fleetSettingsSchema } from '../../../src/fleet/settings.ts';
import type { FleetProvider, FleetVm } from '../../../src/fleet/provider.ts';
import { staticProvider } from '../../../src/fleet/static.ts';
import { fleetContract } from '../../support/fleet-contract.ts';
import { LATER, openFleetContainers } from '../../support/fleet-containers.ts';
import type { FleetContainers } from '../../support/fleet-containers.ts';
import { openMachines } from '../../support/machine.ts';
import type { TestMachine, TestMachines } from '../../support/machine.ts';
import { testConfig, testLog } from '../../support/services.ts';

let containers: FleetContainers;
let machines: TestMachines;
let hosts: readonly (TestMachine & { readonly user: string })[];
let folder: string;
let workerId: string;

beforeAll(async () => {
  containers = await openFleetContainers([]);
  const { services, image } = containers;
  workerId = (await imageId(services.docker.socketPath, image)) ?? '';
  folder = await mkdtemp(join(tmpdir(), 'tracemill-static-'));
  machines = await openMachines(folder);
  hosts = [
    { ...(await machines.start('tracemill-host-a')), user: 'root' },
    { ...(await machines.start('tracemill-host-b')), user: 'ops' },
  ];
  // A user of their own with sudo and without; the operator's key is that of each.
  for (const host of hosts) {
    for (const user of ['ops', 'guest']) host.exec('useradd', '--create-home', user);
    host.exec('sh', '-c', 'echo "ops ALL=(root) NOPASSWD: ALL" >/etc/sudoers.d/ops');
  }
});
afterAll(async () => {
  await machines[Symbol.asyncDispose]();
  await containers[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Workers of the queue refine need no sandbox: they are there in a moment. */
async function open(
  fleet: string,
  more: readonly { readonly name: string; readonly port: number; readonly user: string }[] = [],
): Promise<FleetProvider> {
  const { services } = containers;
  const at = machines.etc;
  const settings = fleetSettingsSchema.parse({
    fleetVersion: 1,
    name: fleet,
    queue: 'refine',
    provider: { kind: 'static', hosts: ['unused'] },
    max: 3,
    machine: {
      images: { worker: workerId, sandbox: services.sandboxImage.id },
      roles: ['refine'],
      variables: {
        TRACEMILL_TEMPORAL_ADDRESS: services.temporal.address,
        TRACEMILL_QUEUE_PREFIX: 'static-',
        TRACEMILL_S3_ENDPOINT: services.s3.endpoint,
        TRACEMILL_S3_ACCESS_KEY_ID: services.s3.accessKeyId ?? '',
        TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: '/run/secrets/s3',
        // Both hosts have this machine's network, and one port is one worker's.
        TRACEMILL_METRICS_ADDRESS: '',
      },
    },
  });
  return staticProvider({
    fleet,
    hosts: [...more, ...hosts].map(({ name, port, user }) => ({
      ...{ name, port, user, address: '127.0.0.1' },
    })),
    ssh: { identity: machines.identity, knownHosts: machines.knownHosts, connectSeconds: 20 },
    files: await filesOfMachine(testConfig(), { settings, hasKey: false, folder: at }),
    secrets: { s3: services.s3.secretAccessKey ?? '' },
    folder: at,
    log: testLog().child({}, { level: 'silent' }),
    now: Date.now,
  });
}

const call = (): AbortSignal => AbortSignal.timeout(120_000);

fleetContract('static', {
  open: (fleet) => open(fleet),
  ready: async ({ id }: FleetVm) => {
    const isReady = (): boolean => {
      try {
        machines.docker(
          'exec',
          `tracemill-worker-${id}`,
          'test',
          '-s',
          '/var/lib/tracemill/worker.ready',
        );
        return true;
      } catch {
        return false;
      }
    };
    await expect.poll(isReady, LATER).toBe(true);
  },
  drainMs: 120_000,
});

test('a host that cannot be reached holds up no other, and is named where it is missed', async () => {
  const deaf = { name: 'tracemill-deaf', port: await freePort(), user: 'root' };
  await using provider = await open('contract-c', [deaf]);
  await expect(provider.setDesired(3, call())).rejects.toMatchObject({
    trouble: 'unreachable',
    message: expect.stringMatching(
      /1 of 3 machines are missing; host tracemill-deaf cannot be reached: .*Connection refused/,
    ) as string,
  });
  const { vms } = await provider.describe(call());
  expect(vms.map(({ id, state }) => `${id} ${state}`).sort()).toEqual(
    hosts.map(({ name }) => `${name} running`).sort(),
  );
  for (const { id } of vms) await provider.terminate(id, call());
  expect(await provider.describe(call())).toEqual({ desired: 0, vms: [] });
});

test('a host whose key is not known is refused, and nothing runs on it', async () => {
  const [host] = hosts;
  if (host === undefined) throw new Error('no host');
  const provider = await open('contract-d', []);
  // The same sshd under another name: its key stands nowhere.
  const strange = { ...host, name: 'tracemill-strange', address: 'localhost', user: 'root' };
  await using other = staticProvider({
    ...{ fleet: 'contract-d', hosts: [strange], files: [], secrets: {}, folder: '/etc/tracemill' },
    ssh: { identity: machines.identity, knownHosts: machines.knownHosts, connectSeconds: 20 },
    log: testLog().child({}, { level: 'silent' }),
    now: Date.now,
  });
  await expect(other.describe(call())).rejects.toMatchObject({
    trouble: 'denied',
    message: expect.stringContaining('has no key, or another one, among the known hosts') as string,
  });
  await provider[Symbol.asyncDispose]();
});

test('a user who may not use sudo is told so, and nothing runs on the host', async () => {
  const [host] = hosts;
  if (host === undefined) throw new Error('no host');
  await using guest = staticProvider({
    ...{ fleet: 'contract-e', files: [], secrets: {}, folder: machines.etc },
    hosts: [{ name: host.name, port: host.port, address: '127.0.0.1', user: 'guest' }],
    ssh: { identity: machines.identity, knownHosts: machines.knownHosts, connectSeconds: 20 },
    log: testLog().child({}, { level: 'silent' }),
    now: Date.now,
  });
  await expect(guest.setDesired(1, call())).rejects.toMatchObject({
    trouble: 'denied',
    message: expect.stringMatching(
      /runs nothing for us: .*sudo: a password is required/s,
    ) as string,
  });
  expect(host.exec('sh', '-c', `ls ${machines.etc}/fleet 2>/dev/null || true`)).toBe('');
});
