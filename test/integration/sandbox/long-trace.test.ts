// One execution of a million events: through the sandbox, the decoder and Parquet, with memory that is known beforehand.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { readExecution } from '../../../activities/read-execution.ts';
import { DEFAULT_LIMITS, MAX_LIMITS } from '../../../src/contract/limits.ts';
import type { Limits } from '../../../src/contract/limits.ts';
import { makeTraceRow } from '../../../src/core/trace-row.ts';
import { pathDigestOf } from '../../../src/identity/row-digest.ts';
import { writeTable } from '../../../src/store/parquet.ts';
import { readTable } from '../../../src/store/table-file.ts';
import { SEALED_TRACES } from '../../../src/store/tables.ts';
import { invocation } from '../../support/invocations.ts';
import { traceItem } from '../../support/trace-item.ts';
import { openPool } from '../../support/sandbox-pool.ts';

const MIB = 1024 * 1024;
/** Two lines a round, and the last look at the condition. */
const ROUNDS = 499_998;
const SOURCE = `def f(rounds):
    n = 0
    while n < rounds:
        n += 1
    return n
`;
/** The text of the events three times over, its parts and its digest: about 0.5 KiB for an event. */
const GROWTH_MAX = 700 * MIB;

test('a million events become a row, and one more ends it', async () => {
  const limits: Limits = { ...DEFAULT_LIMITS, events: MAX_LIMITS.events, traceBytes: 64 * MIB };
  const workerId = `test-long-${randomUUID()}`;
  await using pool = await openPool(workerId, { limitsMax: limits });
  const { signal } = new AbortController();
  const trace = (rounds: number) =>
    pool.use(
      (slot) => slot.trace(invocation(SOURCE, { call: `f(${String(rounds)})`, limits }), signal),
      signal,
    );
  const before = process.memoryUsage().rss;
  const observed = readExecution(await trace(ROUNDS), limits);
  const row = makeTraceRow({
    ...{ ...traceItem(SOURCE, `f(${String(ROUNDS)})`), emptyPath: pathDigestOf([]) },
    end: { kind: 'ended', ...observed, confirmDiffers: null },
  });
  expect(row).toMatchObject({ outcome: 'returned', n_events: 1_000_000, n_lines: 999_999 });
  const bytes = writeTable(SEALED_TRACES, [row]);
  expect(await readTable(SEALED_TRACES, bytes)).toEqual([row]);
  expect(bytes.length).toBeLessThan(16 * MIB);
  expect(process.memoryUsage().rss - before).toBeLessThan(GROWTH_MAX);

  const cut = readExecution(await trace(ROUNDS + 1), limits);
  expect(cut.ending).toMatchObject({ outcome: 'events-exceeded', limitHit: 'events=1000000' });
  expect(cut.trace.nEvents).toBe(1_000_001);
});
