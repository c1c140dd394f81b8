// Rows of the fault matrix as scenes that a test names: each runs a job of its own and says what must hold of its end.
import { join } from 'node:path';
import { expect } from 'vitest';
import { startDockerRelay } from '../support/docker-relay.ts';
import type { DockerRelay } from '../support/docker-relay.ts';
import type { FaultRule } from '../support/fault-proxy.ts';
import { runsChild } from '../support/sandbox-children.ts';
import { Row, eventually, signal } from './rig.ts';
import type { Rig, WorkerProcess } from './rig.ts';
import { writes } from './rules.ts';
import type { When } from './rules.ts';

/** The sandbox that runs a child at this moment, or null. */
export async function tracingSandbox(relay: DockerRelay): Promise<string | null> {
  for (const name of await relay.living()) {
    if (!name.includes('-trace-')) continue;
    if (await runsChild((...args) => relay.docker(...args), name)) return name;
  }
  return null;
}

/** A store in this weather changes no byte; every rule must have applied, for one that did not has shown nothing. */
export async function survivesWeather(
  rig: Rig,
  name: string,
  rules: readonly FaultRule[],
): Promise<void> {
  await using row = await Row.open(rig, `store-${name}`);
  const proxy = await row.proxy(rules);
  await row.worker({ TRACEMILL_S3_ENDPOINT: proxy.endpoint });
  await row.launch();
  await row.expectCalm();
  expect(proxy.applied.map((times) => times > 0)).toEqual(rules.map(() => true));
}

/** Bytes of another writer under a key of the job: it stops, says which key, and publishes nothing. */
export async function stopsAtForeignBytes(rig: Rig, prefix: string): Promise<void> {
  await using row = await Row.open(rig, `foreign-${prefix.split('/')[0] ?? ''}`);
  let key = '';
  const foreign = new TextEncoder().encode('bytes of another writer');
  const run = async (): Promise<'pass'> => {
    key = proxy.seen.findLast(writes(prefix))?.key ?? '';
    await row.store.putIfAbsent(key, foreign);
    return 'pass';
  };
  const proxy = await row.proxy([
    { when: writes(prefix), times: 1, fault: { kind: 'before', run } },
  ]);
  await row.worker({ TRACEMILL_S3_ENDPOINT: proxy.endpoint });
  await row.launch();
  const end = await row.ended();
  expect(end).toMatchObject({ state: 'FAILED', code: 'shard-conflict' });
  expect(end.message).toContain(key);
  await row.expectNothingPublished();
  expect(await row.store.get(key)).toEqual(foreign);
  await row.expectHistory();
}

/** A second worker ends the job of one that was killed. */
async function expectAnotherEndsIt(row: Row, endpoint: string): Promise<void> {
  await row.worker({ TRACEMILL_S3_ENDPOINT: endpoint });
  await row.expectCalm();
  const attempts = (await row.acknowledged()).map(({ attempt }) => attempt);
  expect(Math.max(...attempts)).toBe(2);
}

export interface KillPoint {
  readonly name: string;
  readonly when: When;
  /** Before the store sees the request, or after it has done it and before the worker hears of it. */
  readonly kind: 'before' | 'after';
}

/** A worker killed around its first request of this kind costs an attempt and no byte. */
export async function survivesKill(rig: Rig, { name, when, kind }: KillPoint): Promise<void> {
  const killed = signal();
  let worker: WorkerProcess | null = null;
  const run = async (): Promise<'drop'> => {
    await worker?.kill();
    killed.give();
    return 'drop';
  };
  await using row = await Row.open(rig, `kill-${name}`);
  const { endpoint } = await row.proxy([{ when, times: 1, fault: { kind, run } }]);
  worker = await row.worker({ TRACEMILL_S3_ENDPOINT: endpoint });
  await row.launch();
  await killed.came;
  await expectAnotherEndsIt(row, endpoint);
}

/** A worker killed while a function runs in its sandbox costs an attempt and no byte, and its sandboxes go with it. */
export async function survivesKillWithin(rig: Rig, pass: 'probe' | 'trace'): Promise<void> {
  await using row = await Row.open(rig, `kill-within-${pass}`);
  await using relay = await relayOf(rig, `within-${pass}`);
  const worker = await row.worker({ TRACEMILL_DOCKER_SOCKET: relay.socketPath });
  await row.launch();
  await row.begun(pass);
  await eventually(() => tracingSandbox(relay));
  await worker.kill();
  await expectAnotherEndsIt(row, rig.services.s3.endpoint);
  await expectNoneLeft(relay);
}

/** A sandbox that was asked to leave is listed until the engine has heard of its end. */
export async function expectNoneLeft(relay: DockerRelay): Promise<void> {
  await eventually(async () => ((await relay.living()).length === 0 ? true : null));
}

/** Does this to a job and to the sandboxes of its worker: it costs no byte, and no sandbox is left at the end. */
export async function onSandboxes(
  rig: Rig,
  name: string,
  work: (row: Row, relay: DockerRelay) => Promise<unknown>,
): Promise<void> {
  await using row = await Row.open(rig, `sandbox-${name}`);
  await using relay = await relayOf(rig, name);
  const worker = await row.worker({ TRACEMILL_DOCKER_SOCKET: relay.socketPath });
  await work(row, relay);
  await row.expectCalm();
  expect(worker.isAlive).toBe(true);
  await worker[Symbol.asyncDispose]();
  await expectNoneLeft(relay);
}

/** Does this to the sandbox in which a function runs. */
export async function survivesSandboxFault(
  rig: Rig,
  name: string,
  fault: (relay: DockerRelay, sandbox: string) => Promise<unknown>,
): Promise<void> {
  await onSandboxes(rig, name, async (row, relay) => {
    await row.launch();
    await row.begun('trace');
    await fault(relay, await eventually(() => tracingSandbox(relay)));
  });
}

/** A relay before the engine of the rig, or before another one. */
export async function relayOf(
  rig: Rig,
  name: string,
  engine = rig.services.docker.socketPath,
): Promise<DockerRelay> {
  return await startDockerRelay(join(rig.config.home, 'chaos', `${name}.sock`), engine);
}
