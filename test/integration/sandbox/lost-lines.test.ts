// First processes that are lost while they hold answers for a line of requests: no end is lost, invented or faulted.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { InvocationEnd } from '../../../src/core/trace-row.ts';
import { LABEL } from '../../../src/sandbox/container-spec.ts';
import { connectEngine } from '../../../src/sandbox/docker.ts';
import type { SandboxSlot } from '../../../src/sandbox/port.ts';
import { invocation } from '../../support/invocations.ts';
import { executeIn, openPool } from '../../support/sandbox-pool.ts';
import { sandboxServices } from '../../support/sandbox.ts';

const WORKER = `test-lost-lines-${randomUUID()}`;
const { signal } = new AbortController();
const run = promisify(execFile);
const KILLS = 8;
/** What a kill meets has run again alone by then. */
const ENDS_BETWEEN = 30;

test('what was answered and lost with its sandbox runs again and ends as ever', async () => {
  const { docker } = await sandboxServices();
  const engine = connectEngine(docker.socketPath);
  await using pool = await openPool(WORKER);
  let ended = 0;
  let lost = 0;
  // The engine forgets a container a moment after it is gone.
  const kill = async (turn: number): Promise<void> => {
    const ids = (await engine.list({ name: LABEL.worker, value: WORKER })).map(({ id }) => id);
    const id = ids[turn % ids.length] ?? '';
    lost += await run('docker', ['--host', `unix://${docker.socketPath}`, 'kill', id]).then(
      () => 1,
      () => 0,
    );
  };
  const one = async (slot: SandboxSlot, at: number): Promise<InvocationEnd> => {
    const source = `def f():\n    return ${String(at)}\n`;
    const invocationId = String(at).padStart(64, '0');
    const end = await executeIn(pool, slot, invocation(source, { invocationId }));
    ended += 1;
    if (ended % ENDS_BETWEEN === 0) await kill(ended / ENDS_BETWEEN);
    return end;
  };
  const all = Array.from({ length: KILLS * ENDS_BETWEEN + 1 }, (_, at) => at);
  const ends = await pool.use((slot) => Promise.all(all.map((at) => one(slot, at))), signal);
  expect(lost).toBeGreaterThan(KILLS / 2);
  for (const [at, end] of ends.entries()) {
    expect(end).toMatchObject({
      ...{ kind: 'ended', labels: [], confirmDiffers: [] },
      ending: { outcome: 'returned', returnValue: String(at) },
    });
  }
});
