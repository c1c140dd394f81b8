// The Temporal server goes away in the middle of a job and comes back at the same address with its data.
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { stopProcess } from '../../infra/dev/processes.ts';
import { ensureDataServices } from '../../infra/dev/services.ts';
import { readState } from '../../infra/dev/state.ts';
import { testLog } from '../support/services.ts';
import { Row, openRig, signal } from './rig.ts';
import type { Rig } from './rig.ts';
import { writesPart } from './rules.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});

async function pid(): Promise<number> {
  const { temporal } = await readState(rig.config);
  if (temporal === null) throw new Error('no Temporal server of ours runs');
  return temporal.mark.pid;
}

async function start(): Promise<void> {
  const { temporal } = await ensureDataServices(rig.config, testLog());
  expect(temporal.address).toBe(rig.services.temporal.address);
}

const ABSENCES: readonly {
  readonly how: string;
  readonly name: string;
  readonly absence: () => Promise<void>;
}[] = [
  {
    how: 'stopped for ten seconds',
    name: 'stopped',
    absence: async () => {
      await stopProcess((await readState(rig.config)).temporal?.mark ?? null, 10_000);
      await sleep(10_000);
      await start();
    },
  },
  {
    how: 'killed and started',
    name: 'killed',
    absence: async () => {
      process.kill(await pid(), 'SIGKILL');
      await start();
    },
  },
  {
    how: 'silent for longer than a heartbeat may be late',
    name: 'silent',
    absence: async () => {
      const server = await pid();
      process.kill(server, 'SIGSTOP');
      await sleep(35_000);
      process.kill(server, 'SIGCONT');
    },
  },
];

test.each(ABSENCES.map((one) => [one.how, one] as const))(
  'a Temporal server %s costs no byte',
  async (_, { name, absence }) => {
    const began = signal();
    const run = (): Promise<'pass'> => {
      began.give();
      return Promise.resolve('pass');
    };
    await using row = await Row.open(rig, `temporal-${name}`);
    const { endpoint } = await row.proxy([
      { when: writesPart, times: 1, fault: { kind: 'after', run } },
    ]);
    const worker = await row.worker({ TRACEMILL_S3_ENDPOINT: endpoint });
    await row.launch();
    await began.came;
    await absence();
    await row.expectCalm();
    expect(worker.isAlive).toBe(true);
  },
);
