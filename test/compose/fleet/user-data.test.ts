// User data as cloud-init, systemd and shellcheck themselves read it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { cli, cliJson } from '../../support/cli.ts';
import { dockerCommandAt } from '../../support/docker-command.ts';
import type { DockerCommand } from '../../support/docker-command.ts';
import { machineImage } from '../../support/machine.ts';
import { testServices } from '../../support/services.ts';

interface CloudConfig {
  readonly write_files: readonly {
    readonly path: string;
    readonly permissions: string;
    readonly content: string;
  }[];
  readonly runcmd: readonly (readonly string[])[];
  readonly packages: readonly string[];
}

const IMAGES = { worker: `sha256:${'a'.repeat(64)}`, sandbox: `sha256:${'b'.repeat(64)}` };
const FLEET = {
  fleetVersion: 1,
  name: 'main',
  provider: { kind: 'aws', region: 'eu-central-1', group: 'trace' },
  slotsPerVm: 4,
  max: 20,
};
const MACHINE = {
  images: IMAGES,
  environment: 'e'.repeat(64),
  packages: ['awscli'],
  commands: [['sh', '-c', 'aws ssm get-parameter --name x >/etc/tracemill/secrets/temporal-key']],
  logs: { driver: 'awslogs', options: { 'awslogs-group': 'tracemill' } },
};
const ENV = {
  TRACEMILL_TEMPORAL_ADDRESS: 'temporal.example.com:7233',
  TRACEMILL_S3_REGION: 'eu-central-1',
  TRACEMILL_BUCKET: 'traces',
};
/** Of `systemd-analyze security`, out of 100: what a client of Docker that reaches the network can come down to. */
const EXPOSURE_MAX = 20;

let folder: string;
let docker: DockerCommand;
let image: string;

beforeAll(async () => {
  const { services } = await testServices();
  docker = dockerCommandAt(services.docker.socketPath);
  image = await machineImage();
  folder = await mkdtemp(join(tmpdir(), 'tracemill-user-data-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fleetFile(more: Readonly<Record<string, unknown>>): Promise<string> {
  const file = join(folder, 'fleet.yaml');
  await writeFile(file, JSON.stringify({ ...FLEET, ...more }));
  return file;
}

/** In a container without a network, where the folder is /given. */
const inImage = (...command: readonly string[]): string =>
  docker(
    ...['run', '--rm', '--network', 'none', '--volume', `${folder}:/given:ro`, image],
    ...command,
  );

test('user data fits the schema of cloud-init and the size that EC2 takes, and holds no secret', async () => {
  const file = await fleetFile({ machine: MACHINE });
  const key = { TRACEMILL_S3_ACCESS_KEY_ID: 'AKIDKEY', TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: file };
  const { userData } = (await cliJson(['user-data', '--fleet', file], {
    env: { ...ENV, ...key },
  })) as { readonly userData: string };
  await writeFile(join(folder, 'user-data'), userData);
  expect(inImage('cloud-init', 'schema', '--config-file', '/given/user-data')).toContain(
    'Valid schema',
  );
  expect(Buffer.byteLength(userData)).toBeLessThan(16_384);
  expect(userData).not.toContain('AKIDKEY');
  expect(userData).not.toContain('SECRET_ACCESS_KEY_FILE=');

  const config = parse(userData) as CloudConfig;
  const texts = new Map(config.write_files.map(({ path, content }) => [path, content]));
  const worker = texts.get('/etc/tracemill/worker.env') ?? '';
  for (const line of [
    'TRACEMILL_TEMPORAL_ADDRESS=temporal.example.com:7233',
    'TRACEMILL_INTERRUPTION=aws',
    `TRACEMILL_ENVIRONMENT=${'e'.repeat(64)}`,
    `TRACEMILL_SANDBOX_IMAGE=${IMAGES.sandbox}`,
    'TRACEMILL_SLOTS=4',
  ]) {
    expect(worker).toContain(`${line}\n`);
  }
  expect(texts.get('/etc/tracemill/machine.env')).toContain(
    'TRACEMILL_LOG_OPTIONS=--log-opt=awslogs-group=tracemill\n',
  );
  expect(config.packages).toContain('awscli');
  expect(config.runcmd.at(-1)).toEqual(['/etc/tracemill/bin/prepare']);
});

test('its scripts have no finding of shellcheck, and its unit none of systemd, and little exposure', async () => {
  const file = await fleetFile({ machine: MACHINE });
  const { userData } = (await cliJson(['user-data', '--fleet', file], { env: ENV })) as {
    readonly userData: string;
  };
  const config = parse(userData) as CloudConfig;
  for (const { path, content } of config.write_files) {
    const name = path.split('/').at(-1) ?? '';
    await writeFile(join(folder, name), content);
    if (content.startsWith('#!')) inImage('shellcheck', '--shell', 'sh', `/given/${name}`);
  }
  // The paths that the unit names have to be there.
  const place =
    'cp -r /given /etc/tracemill && mkdir /etc/tracemill/bin && cp /given/*-* /etc/tracemill/bin';
  const unit = '/etc/systemd/system/tracemill-worker.service';
  const verified = inImage(
    ...['sh', '-c'],
    `${place} && chmod +x /etc/tracemill/bin/* && groupadd docker && systemd-sysusers /given/tracemill.conf; ` +
      `cp /given/tracemill-worker.service ${unit} && systemd-analyze verify ${unit} 2>&1 && echo verified && ` +
      `systemd-analyze security --offline=true --threshold=${String(EXPOSURE_MAX)} ${unit} | tail -n 1`,
  );
  expect(verified).toContain('verified');
  expect(verified).toMatch(/Overall exposure level for tracemill-worker.service: [01]\.\d OK/);
});

test.each([
  ['no machine', {}, ENV, 'does not say what its machines are told'],
  ['no Temporal elsewhere', { machine: MACHINE }, {}, 'cannot reach the embedded Temporal server'],
  [
    'a secret',
    { machine: { ...MACHINE, secrets: { key: { file: 'fleet.yaml' } } } },
    ENV,
    'user data holds no secret',
  ],
  [
    'more than a cloud takes',
    { machine: { ...MACHINE, variables: { TRACEMILL_X: 'x'.repeat(16_384) } } },
    ENV,
    'is more than the 16384 that a cloud takes',
  ],
])('a fleet with %s is refused with one sentence', async (_, more, env, sentence) => {
  const { code, stderr } = await cli(['user-data', '--fleet', await fleetFile(more)], { env });
  expect(code).toBe(2);
  expect(stderr).toContain(sentence);
});
