// A machine as its user data makes it: cloud-init writes what is in it, systemd starts the unit, both images are loaded from the bucket by
// the machine's role, and a job is traced. With other sandboxes than asked for it does not join.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { engineImages } from '../../../infra/dev/engine-images.ts';
import { projectRoot, s3SecretPath } from '../../../infra/dev/paths.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { fleetSettingsSchema } from '../../../src/fleet/settings.ts';
import { userDataOf } from '../../../src/main/fleet-machine.ts';
import { S3Store } from '../../../src/store/s3.ts';
import { storeImage } from '../../../src/store/stored-image.ts';
import { cliJson } from '../../support/cli.ts';
import { hasImage } from '../../support/docker-command.ts';
import { LATER, openFleetContainers } from '../../support/fleet-containers.ts';
import type { FleetContainers } from '../../support/fleet-containers.ts';
import { startInstanceMetadata } from '../../support/instance-metadata.ts';
import type { InstanceMetadata } from '../../support/instance-metadata.ts';
import { openMachines } from '../../support/machine.ts';
import type { TestMachine, TestMachines } from '../../support/machine.ts';
import { startSessionProxy } from '../../support/session-proxy.ts';
import type { SessionProxy } from '../../support/session-proxy.ts';

const BUCKET = `machine-${randomUUID()}`;
const INSTANCE = `i-${randomUUID().replaceAll('-', '').slice(0, 17)}`;
const SESSION = {
  accessKeyId: 'ASIAMACHINE',
  secretAccessKey: 'secret-of-the-role',
  token: 'session-of-the-role',
};
const HOUR_MS = 3_600_000;
const UNIT = 'tracemill-worker.service';

let containers: FleetContainers;
let machines: TestMachines;
let machine: TestMachine;
let metadata: InstanceMetadata;
let gateway: SessionProxy;
let folder: string;
/** Ids of images that only the bucket has at first. */
let sandbox: string;
let worker: string;
let environment: string;

/** Of the operator's commands, with keys. */
const operator = (): Readonly<Record<string, string>> => {
  const { config, services } = containers;
  return {
    TRACEMILL_TEMPORAL_ADDRESS: services.temporal.address,
    TRACEMILL_S3_ENDPOINT: services.s3.endpoint,
    TRACEMILL_S3_ACCESS_KEY_ID: services.s3.accessKeyId ?? '',
    TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: s3SecretPath(config),
    TRACEMILL_SANDBOX_IMAGE: sandbox,
    TRACEMILL_BUCKET: BUCKET,
    TRACEMILL_QUEUE_PREFIX: 'machine-',
  };
};

/** One that can be taken away from the Engine; its id. */
async function ownImage(from: string): Promise<string> {
  const label = `LABEL dev.tracemill.test=${randomUUID()}`;
  await writeFile(join(folder, 'Dockerfile'), `FROM ${from}\n${label}\n`);
  return containers.docker('build', '--quiet', folder);
}

beforeAll(async () => {
  containers = await openFleetContainers([]);
  const { docker, services } = containers;
  folder = await mkdtemp(join(tmpdir(), 'tracemill-machine-'));
  sandbox = await ownImage(services.sandboxImage.reference);
  worker = await ownImage(containers.image);
  const pushed = (await cliJson(['image', 'push', '--only', 'sandbox'], {
    env: operator(),
  })) as { readonly environment: string };
  environment = pushed.environment;
  const store = new S3Store({ ...services.s3, bucket: BUCKET });
  await storeImage(store, await engineImages(services.docker.socketPath), worker);
  store[Symbol.dispose]();
  for (const image of [sandbox, worker]) docker('image', 'rm', '--force', image);
  metadata = await startInstanceMetadata(() => ({
    ...SESSION,
    expiresAtMs: Date.now() + HOUR_MS,
  }));
  const { endpoint, accessKeyId, secretAccessKey } = services.s3;
  const root = { accessKeyId: accessKeyId ?? '', secretAccessKey: secretAccessKey ?? '' };
  gateway = await startSessionProxy({ endpoint, ...root }, () => [SESSION]);
  machines = await openMachines(folder);
  machine = await machines.start('tracemill-cloud');
});

afterAll(async () => {
  await machines[Symbol.asyncDispose]();
  const { docker } = containers;
  const container = `tracemill-worker-${INSTANCE}`;
  if (docker('ps', '--all', '--quiet', '--filter', `name=${container}`) !== '') {
    docker('rm', '--force', container);
  }
  for (const image of [sandbox, worker]) {
    if (hasImage(docker, image)) docker('image', 'rm', '--force', image);
  }
  await gateway[Symbol.asyncDispose]();
  await metadata[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function userData(): Promise<string> {
  const { services } = containers;
  const told = `AWS_EC2_METADATA_SERVICE_ENDPOINT=${metadata.endpoint}`;
  const settings = fleetSettingsSchema.parse({
    fleetVersion: 1,
    name: 'main',
    provider: { kind: 'aws', region: 'us-east-1', group: 'trace' },
    max: 1,
    machine: {
      images: { worker, sandbox },
      environment: 'f'.repeat(64),
      commands: [
        [
          'sh',
          '-c',
          `echo ${told} | tee -a ${machines.etc}/worker.env >>${machines.etc}/machine.env`,
        ],
      ],
      variables: { TRACEMILL_INTERRUPTION: '', TRACEMILL_METRICS_ADDRESS: '' },
    },
  });
  const config = loadConfig({
    TRACEMILL_TEMPORAL_ADDRESS: services.temporal.address,
    TRACEMILL_S3_ENDPOINT: gateway.endpoint,
    TRACEMILL_BUCKET: BUCKET,
    TRACEMILL_QUEUE_PREFIX: 'machine-',
  });
  return await userDataOf(config, settings, machines.etc);
}

/** What a first boot does with user data, but for packages, which the image has. */
async function firstBoot(): Promise<void> {
  const seed = join(folder, 'seed');
  const modules = {
    datasource_list: ['NoCloud'],
    network: { config: 'disabled' },
    cloud_init_modules: ['write_files'],
    cloud_config_modules: ['runcmd'],
    cloud_final_modules: ['scripts_user'],
  };
  await writeFile(`${seed}.cfg`, JSON.stringify(modules));
  await writeFile(`${seed}.user-data`, await userData());
  await writeFile(`${seed}.meta-data`, `instance-id: ${INSTANCE}\n`);
  machine.exec('mkdir', '-p', '/var/lib/cloud/seed/nocloud');
  const copy = (name: string, to: string) =>
    machines.docker('cp', `${seed}.${name}`, `${machine.name}:${to}`);
  copy('cfg', '/etc/cloud/cloud.cfg.d/99-test.cfg');
  copy('user-data', '/var/lib/cloud/seed/nocloud/user-data');
  copy('meta-data', '/var/lib/cloud/seed/nocloud/meta-data');
  machine.exec('cloud-init', 'init', '--local');
  machine.exec('cloud-init', 'init');
  machine.exec('cloud-init', 'modules', '--mode', 'config');
  machine.exec('cloud-init', 'modules', '--mode', 'final');
}

const journal = (): string =>
  machine.exec('journalctl', '--no-pager', '--output=cat', `--unit=${UNIT}`);

const property = (name: string): string =>
  machine.exec('systemctl', 'show', '--value', `--property=${name}`, UNIT);

function coordinator(): ChildProcess {
  const program = join(projectRoot(), 'bin', 'tracemill.js');
  return spawn(process.execPath, [program, 'worker', '--roles', 'job,refine'], {
    env: {
      ...process.env,
      TRACEMILL_HOME: inject('tracemillHome'),
      NO_COLOR: '1',
      ...operator(),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

test('cloud-init makes a worker that traces a job, and not one with other sandboxes', async () => {
  await firstBoot();
  // It loads both images, probes its sandboxes, and finds others than it was told.
  for (const image of [worker, sandbox]) {
    await expect.poll(journal, LATER).toContain(`image ${image} loaded`);
  }
  await expect
    .poll(journal, LATER)
    .toMatch(/sandboxes of this machine have environment [0-9a-f]{12}/);
  expect(journal()).toContain(`TRACEMILL_ENVIRONMENT asks for ${'f'.repeat(12)}`);
  expect(hasImage(containers.docker, sandbox)).toBe(true);
  expect(metadata.given()).toBeGreaterThan(0);

  const right = `s/^TRACEMILL_ENVIRONMENT=.*/TRACEMILL_ENVIRONMENT=${environment}/`;
  machine.exec('sed', '-i', right, `${machines.etc}/worker.env`);
  machine.exec('systemctl', 'restart', UNIT);

  const corpus = join(folder, 'corpus.jsonl');
  const source = 'def double(n):\n    return 2 * n\n';
  const line = { source, entry: 'double', calls: ['double(1)', 'double(21)'] };
  await writeFile(corpus, `${JSON.stringify(line)}\n`);
  const env = operator();
  const other = coordinator();
  const launched = await cliJson(['launch', '--corpus', `jsonl:${corpus}`, '--watch'], { env });
  expect(JSON.stringify(launched)).toContain('"state":"published"');
  // Nobody else asks for work of this queue.
  const queues = (await cliJson(['workers'], { env })) as {
    readonly queues: readonly {
      readonly queue: string;
      readonly workers: readonly { readonly identity: string }[];
    }[];
  };
  const trace = queues.queues.find(({ queue }) => queue === 'trace');
  expect(trace?.workers.map(({ identity }) => identity)).toEqual([
    expect.stringContaining(INSTANCE),
  ]);
  other.kill('SIGTERM');
  await once(other, 'exit');

  machine.exec('systemctl', 'stop', UNIT);
  expect(property('Result')).toBe('success');
  expect(property('ExecMainStatus')).toBe('0');
  const left = ['ps', '--all', '--quiet', '--filter', `name=tracemill-worker-${INSTANCE}`];
  await expect.poll(() => containers.docker(...left)).toBe('');
});
