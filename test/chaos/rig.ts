// What every row of the fault matrix stands on: a small corpus, its calm run, and a job of its own with worker processes
// that the test starts, watches and kills. Nothing of the product knows that it is being tested.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { s3SecretPath, workerReadyPath } from '../../infra/dev/paths.ts';
import type { Config } from '../../src/config/load.ts';
import type { Services } from '../../src/config/services.ts';
import type { JobProgress, PassName } from '../../src/contract/job.ts';
import { S3Store } from '../../src/store/s3.ts';
import { verifySet } from '../../src/store/verify.ts';
import { connectClient } from '../../src/temporal/connection.ts';
import { cliJson } from '../support/cli.ts';
import { dataDigests } from '../support/data-objects.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import type { FaultProxy, FaultRule } from '../support/fault-proxy.ts';
import { writeMixedCorpus } from '../support/mixed-corpus.ts';
import { testServices } from '../support/services.ts';
import { acknowledgedBatches, expectAcknowledgedIsPresent } from './acknowledged.ts';
import type { Acknowledged } from './acknowledged.ts';

export type Client = Awaited<ReturnType<typeof connectClient>>;

const SET = 'mixed@v1';
const BATCH_SIZE = 4;
/** A calm run takes half a minute; the slowest rows wait for two heartbeats and a request that hangs. */
const END_MS = 300_000;
const READY_MS = 120_000;
const command = fileURLToPath(new URL('../../bin/tracemill.js', import.meta.url));

export interface Rig {
  readonly config: Config;
  readonly services: Services;
  /** Path of the job spec that every row runs. */
  readonly spec: string;
  /** SHA-256 by path of the files of the calm run. */
  readonly calm: Readonly<Record<string, string>>;
}

export interface JobEnd {
  readonly state: string;
  /** Code and message of the failure; null where it was published. */
  readonly code: string | null;
  readonly message: string | null;
}

type Environment = Readonly<Record<string, string>>;

/** A worker process of the test, restarted by nobody but the test. */
export class WorkerProcess implements AsyncDisposable {
  readonly logFile: string;
  readonly #child: ChildProcess;
  readonly #home: string;
  readonly #exited: Promise<void>;

  constructor(home: string, env: Environment, roles: string) {
    this.#home = home;
    this.logFile = `${home}.log`;
    const log = openSync(this.logFile, 'a');
    this.#child = spawn(process.execPath, [command, 'worker', '--roles', roles, '--slots', '1'], {
      env: { ...process.env, ...env, TRACEMILL_HOME: home, TRACEMILL_LOG_LEVEL: 'info' },
      stdio: ['ignore', log, log],
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => {
        resolve();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async ready(): Promise<this> {
    const path = workerReadyPath({ home: this.#home }, 'worker');
    const deadline = Date.now() + READY_MS;
    while ((await readFile(path, 'utf8').catch(() => '')) !== String(this.pid)) {
      if (!this.isAlive || Date.now() > deadline) {
        throw new Error(`no ready worker: ${await readFile(this.logFile, 'utf8')}`);
      }
      await sleep(50);
    }
    return this;
  }

  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  /** Nothing of it runs any more when this returns. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGCONT');
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 30_000);
    await this.#exited;
    clearTimeout(late);
  }
}

/** One row: a bucket, queues and workers of its own. */
export class Row implements AsyncDisposable {
  readonly bucket: string;
  readonly store: S3Store;
  readonly client: Client;
  readonly #rig: Rig;
  readonly #owned: AsyncDisposable[] = [];
  #workflowId = '';
  #workers = 0;

  constructor(rig: Rig, bucket: string, client: Client) {
    this.#rig = rig;
    this.bucket = bucket;
    this.client = client;
    this.store = new S3Store({ ...rig.services.s3, bucket });
  }

  static async open(rig: Rig, name: string): Promise<Row> {
    return new Row(rig, `chaos-${name}`, await connectClient(rig.services.temporal));
  }

  /** The environment of every command and worker of this row. */
  environment(given: Environment = {}): Environment {
    const { services, config } = this.#rig;
    return {
      TRACEMILL_TEMPORAL_ADDRESS: services.temporal.address,
      TRACEMILL_S3_ENDPOINT: services.s3.endpoint,
      TRACEMILL_S3_ACCESS_KEY_ID: services.s3.accessKeyId ?? '',
      TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: s3SecretPath(config),
      TRACEMILL_SANDBOX_IMAGE: services.sandboxImage.reference,
      TRACEMILL_BUCKET: this.bucket,
      TRACEMILL_QUEUE_PREFIX: `${this.bucket}-`,
      TRACEMILL_BATCH_SIZE: String(BATCH_SIZE),
      ...given,
    };
  }

  async proxy(rules: readonly FaultRule[] = []): Promise<FaultProxy> {
    return this.#own(await startFaultProxy(this.#rig.services.s3.endpoint, rules));
  }

  /** Waits until it polls. */
  async worker(given: Environment = {}, roles = 'job,trace,refine'): Promise<WorkerProcess> {
    this.#workers += 1;
    const home = join(this.#rig.config.home, 'chaos', this.bucket, String(this.#workers));
    await mkdir(home, { recursive: true });
    return await this.#own(new WorkerProcess(home, this.environment(given), roles)).ready();
  }

  async launch(): Promise<void> {
    const launched = (await cliJson(['launch', this.#rig.spec], {
      env: this.environment(),
    })) as { readonly workflowId?: string; readonly job?: { readonly workflowId?: string } };
    const id = launched.workflowId ?? launched.job?.workflowId;
    if (id === undefined) throw new Error(`no job was launched: ${JSON.stringify(launched)}`);
    this.#workflowId = id;
  }

  /** How the job ends; a server that is away for a while is waited for. */
  async ended(timeoutMs = END_MS): Promise<JobEnd> {
    const handle = this.client.workflow.getHandle(this.#workflowId);
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const state = await handle.describe().then(
        ({ status }) => status.name,
        () => 'UNKNOWN',
      );
      if (state !== 'RUNNING' && state !== 'UNKNOWN') return await this.#endAs(state);
      if (Date.now() > deadline) throw new Error(`the job is still ${state}`);
      await sleep(250);
    }
  }

  /** The job was published, with the bytes of the calm run, whole and balanced, and nothing that was told is lost. */
  async expectCalm(): Promise<void> {
    expect(await this.ended()).toEqual({ state: 'COMPLETED', code: null, message: null });
    expect(await dataDigests(this.setFolder)).toEqual(this.#rig.calm);
    const { checks } = await verifySet(this.store, SET);
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
    await this.expectHistory();
  }

  async expectHistory(): Promise<void> {
    await expectAcknowledgedIsPresent(await this.acknowledged(), this.store);
  }

  /** The batches whose end the workflow was told of. */
  async acknowledged(): Promise<Acknowledged[]> {
    return await acknowledgedBatches(this.client, this.#workflowId);
  }

  /** Waits until a batch of this pass has been given to a worker. */
  async begun(pass: PassName): Promise<void> {
    const handle = this.client.workflow.getHandle(this.#workflowId);
    await eventually(async () => {
      const { passes } = await handle.query<JobProgress>('progress');
      return passes.some((one) => one.pass === pass) ? true : null;
    });
  }

  /** No manifest: no reader takes what lies there for a set. */
  async expectNothingPublished(): Promise<void> {
    const manifests: string[] = [];
    for await (const { key } of this.store.list('')) {
      if (key.endsWith('manifest.json')) manifests.push(key);
    }
    expect(manifests).toEqual([]);
  }

  get setFolder(): string {
    const [name = '', version = ''] = SET.split('@');
    return join(this.#rig.services.s3.folder ?? '', this.bucket, 'sets', name, version);
  }

  async #endAs(state: string): Promise<JobEnd> {
    const handle = this.client.workflow.getHandle(this.#workflowId);
    if (state === 'COMPLETED') return { state, code: null, message: null };
    const failure: unknown = await handle.result().catch((error: unknown) => error);
    const cause = (failure as { readonly cause?: { type?: string; message?: string } }).cause;
    return { state, code: cause?.type ?? null, message: cause?.message ?? null };
  }

  #own<T extends AsyncDisposable>(thing: T): T {
    this.#owned.push(thing);
    return thing;
  }

  /** Last what came last: workers go before the proxies that they talk through. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const thing of this.#owned.reverse()) await thing[Symbol.asyncDispose]();
    this.store[Symbol.dispose]();
    await this.client.connection.close();
  }
}

async function calmRun(rig: Rig, name = 'calm'): Promise<Readonly<Record<string, string>>> {
  await using row = await Row.open(rig, name);
  if (!existsSync(join(row.setFolder, 'manifest.json'))) {
    await row.worker();
    await row.launch();
    expect(await row.ended()).toMatchObject({ state: 'COMPLETED' });
  }
  return await dataDigests(row.setFolder);
}

/** Services, corpus, and the calm run, which the first file of a run of tests does for all. */
export async function openRig(): Promise<Rig> {
  const { config, services } = await testServices();
  return await rigOf(config, services);
}

export async function rigOf(config: Config, services: Services): Promise<Rig> {
  const folder = join(config.home, 'chaos');
  await mkdir(folder, { recursive: true });
  const { spec } = await writeMixedCorpus(folder, 2);
  const rig: Rig = { config, services, spec, calm: {} };
  return { ...rig, calm: await calmRun(rig) };
}

/** The same corpus in a job that looks for inputs, with a calm run of its own. */
export async function searchingRig(rig: Rig): Promise<Rig> {
  const spec = join(rig.config.home, 'chaos', 'search.yaml');
  const plain = await readFile(rig.spec, 'utf8');
  const inputs = 'inputs: { from: [given, fuzz], fuzz: { candidates: 40, seed: 1 } }';
  await writeFile(spec, `${plain}${inputs}\n`);
  const searching = { ...rig, spec };
  return { ...searching, calm: await calmRun(searching, 'calm-search') };
}

/** Polls until `check` gives something. */
export async function eventually<T>(
  check: () => Promise<T | null>,
  timeoutMs = 120_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await check();
    if (found !== null) return found;
    if (Date.now() > deadline) throw new Error('it did not come to that in time');
    await sleep(20);
  }
}

/** A promise that the test keeps by hand. */
export function signal(): { readonly came: Promise<void>; readonly give: () => void } {
  let give = (): void => undefined;
  const came = new Promise<void>((resolve) => {
    give = resolve;
  });
  return {
    came,
    give: () => {
      give();
    },
  };
}
