// A job that begins without a machine: a fleet of containers grows to three, one is killed, one is warned, another fleet serves the
// queue refine, none is left of either, and the data set is that of a calm run.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { projectRoot, s3SecretPath } from '../../../infra/dev/paths.ts';
import type { FleetReport } from '../../../src/cli/fleet-port.ts';
import { connectClient } from '../../../src/temporal/connection.ts';
import { cli, cliJson } from '../../support/cli.ts';
import { dataDigests, setFolder } from '../../support/data-objects.ts';
import { LATER, openFleetContainers, ownFleet } from '../../support/fleet-containers.ts';
import type { Answer } from '../../../src/cli/answers.ts';
import type { FleetContainers } from '../../support/fleet-containers.ts';
import { testConfig } from '../../support/services.ts';

const SET = 'fleet@v1';
const FLEET = ownFleet('e2e');
const REFINE = ownFleet('e2e-refine');
/** Of a machine for an hour. */
const PRICE = 0.07;

let containers: FleetContainers;
beforeAll(async () => {
  containers = await openFleetContainers([FLEET, REFINE]);
});
const started: ChildProcess[] = [];
afterAll(async () => {
  // Where the test failed on the way.
  for (const child of started) child.kill('SIGKILL');
  await containers[Symbol.asyncDispose]();
});

/** Where the services are, as for a machine that is not this one: nothing is started beside them. */
const placed = (more: Readonly<Record<string, string>>) => {
  const { config, services } = containers;
  return {
    env: {
      TRACEMILL_TEMPORAL_ADDRESS: services.temporal.address,
      TRACEMILL_S3_ENDPOINT: services.s3.endpoint,
      TRACEMILL_S3_ACCESS_KEY_ID: services.s3.accessKeyId ?? '',
      TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: s3SecretPath(config),
      TRACEMILL_SANDBOX_IMAGE: services.sandboxImage.reference,
      TRACEMILL_DOCKER_SOCKET: services.docker.socketPath,
      ...more,
    },
  };
};

interface Status extends Pick<Answer<'status'>, 'cost'> {
  readonly job: { readonly state: string; readonly workflowId: string };
  readonly live: {
    readonly stages: readonly { readonly pass: string; readonly functions: number }[];
  } | null;
}

const traced = async (env: ReturnType<typeof placed>): Promise<number> => {
  const { live } = (await cliJson(['status'], env)) as Status;
  return live?.stages.find(({ pass }) => pass === 'trace')?.functions ?? 0;
};

/** Started activities of the run by attempt and by worker. */
async function attemptsOf(
  workflowId: string,
): Promise<readonly { attempt: number; host: string }[]> {
  const client = await connectClient(containers.services.temporal);
  try {
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
    return (events ?? []).flatMap(({ activityTaskStartedEventAttributes: started }) =>
      started == null
        ? []
        : [
            {
              attempt: started.attempt ?? 1,
              host: (started.identity ?? '').replace(/^\d+@|;.*$/g, ''),
            },
          ],
    );
  } finally {
    await client.connection.close();
  }
}

function startProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcess {
  const program = join(projectRoot(), 'bin', 'tracemill.js');
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, TRACEMILL_HOME: inject('tracemillHome'), NO_COLOR: '1', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  started.push(child);
  return child;
}

/** Work for longer than machines take to come, to be killed and to be warned: each function a tenth of a second. */
async function writeSlowCorpus(): Promise<string> {
  const file = join(containers.folder, 'slow.jsonl');
  const records = Array.from({ length: 400 }, (_, id) => {
    const code = `def f(n):\n    return sum(range(n)) + ${String(id)}`;
    return JSON.stringify({ id: `slow_${String(id)}`, code, input: '3000000', output: '0' });
  });
  await writeFile(file, records.join('\n'));
  return file;
}

async function writeSpec(): Promise<string> {
  const spec = join(containers.folder, 'fleet.spec.yaml');
  const files = [await writeSlowCorpus(), join(testConfig().testData, 'cruxeval.jsonl')];
  const corpus = files.map((at) => ({ kind: 'cruxeval', at }));
  await writeFile(
    spec,
    [
      'specVersion: 1',
      'name: fleet',
      `corpus: ${JSON.stringify(corpus)}`,
      'unique: { exact: source, near: off }',
      `output: { set: ${SET} }`,
    ].join('\n'),
  );
  return spec;
}

/** The document of a fleet of containers. */
async function writeFleet(more: Readonly<Record<string, unknown>>): Promise<string> {
  const { folder, image } = containers;
  const { name, ...rest } = { name: FLEET, ...more };
  const file = join(folder, `${name}.yaml`);
  const given = {
    provider: { kind: 'docker', image },
    price: PRICE,
    bootSeconds: 5,
    pollSeconds: 2,
  };
  await writeFile(file, JSON.stringify({ fleetVersion: 1, name, ...given, ...rest }));
  return file;
}

test('a job begins without a machine, loses one, is warned of another, and leaves none; no byte differs', async () => {
  const { docker } = containers;
  const spec = await writeSpec();
  const batches = { TRACEMILL_BATCH_SIZE: '25' };
  const calm = placed({
    ...batches,
    TRACEMILL_BUCKET: 'fleet-calm',
    TRACEMILL_QUEUE_PREFIX: 'calm-',
  });
  const busy = placed({
    ...batches,
    TRACEMILL_BUCKET: 'fleet-busy',
    TRACEMILL_QUEUE_PREFIX: 'fleet-',
  });
  const file = await writeFleet({ max: 3, batchSeconds: 60 });
  const refining = await writeFleet({ name: REFINE, queue: 'refine', max: 2, slotsPerVm: 2 });
  const report = async (at = file): Promise<FleetReport> =>
    (await cliJson(['fleet', 'status', '--fleet', at], busy)) as FleetReport;
  // All but the workflow runs on machines: one fleet for each queue.
  const coordinator = startProcess(['worker', '--roles', 'job'], busy.env);
  await cliJson(['launch', spec], busy);
  const run = (at: string) => {
    const loop = startProcess(['fleet', 'run', '--until-done', '--fleet', at], busy.env);
    return once(loop, 'exit');
  };
  const ended = run(file);
  const refined = run(refining);

  await expect.poll(async () => (await report()).slotsLive, LATER).toBe(3);
  await expect.poll(() => traced(busy), LATER).toBeGreaterThan(50);
  const [killed, warned] = (await report()).machines;
  docker('kill', '--signal', 'KILL', killed?.id ?? '');
  await writeFile(
    join(inject('tracemillHome'), 'fleets', FLEET, warned?.id ?? '', 'leave'),
    'the provider takes this machine in two minutes\n',
  );

  const done = (await cliJson(['status', '--watch'], busy)) as Status;
  expect(done.job.state).toBe('published');
  expect(await ended).toEqual([0, null]);
  expect(await refined).toEqual([0, null]);
  const last = await report();
  expect(last).toMatchObject({ desired: 0, machines: [], fault: null });
  expect(last.gone).toBeGreaterThanOrEqual(3);
  expect(last.interrupted).toBeGreaterThanOrEqual(2);
  const lastRefined = await report(refining);
  expect(lastRefined).toMatchObject({ desired: 0, machines: [], fault: null, interrupted: 0 });
  expect(lastRefined.gone).toBeGreaterThanOrEqual(1);
  // One job ran: what the fleets spent, it cost.
  const { cost } = (await cliJson(['status', done.job.workflowId], busy)) as Status;
  const parts = new Map(cost?.fleets?.map((part) => [part.name, part]));
  for (const [name, { spent }] of [
    [FLEET, last],
    [REFINE, lastRefined],
  ] as const) {
    expect(parts.get(name)?.money).toBeCloseTo(spent, 6);
    expect(parts.get(name)?.vmHours).toBeCloseTo(spent / PRICE, 6);
    const label = `label=dev.tracemill.fleet=${name}`;
    await expect.poll(() => docker('ps', '--all', '--quiet', '--filter', label)).toBe('');
  }
  expect(cost?.coreHours).toBeGreaterThan(0);
  coordinator.kill('SIGTERM');
  await once(coordinator, 'exit');

  const again = (await attemptsOf(done.job.workflowId)).filter(({ attempt }) => attempt > 1);
  // The killed machine had one slot: its batch alone was tried again.
  expect(again.length).toBeLessThanOrEqual(1);

  const quiet = startProcess(['worker'], calm.env);
  const { code, stderr } = await cli(['launch', spec, '--watch'], calm);
  expect(`${String(code)} ${code === 0 ? '' : stderr}`).toBe('0 ');
  quiet.kill('SIGTERM');
  await once(quiet, 'exit');
  const digests = await dataDigests(setFolder('fleet-busy', SET));
  expect(Object.keys(digests).length).toBeGreaterThan(1);
  expect(digests).toEqual(await dataDigests(setFolder('fleet-calm', SET)));
});
