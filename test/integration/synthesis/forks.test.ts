// A candidate of a search that forks: what it forked ends at once, and does not go on searching.
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { probeFunction } from '../../../activities/probe-function.ts';
import { openPool } from '../../support/sandbox-pool.ts';
import { testLog } from '../../support/services.ts';
import { traceItem } from '../../support/trace-item.ts';

const { signal } = new AbortController();
const SOURCE = `
import os

def f(n: int):
    child = os.fork()
    if child == 0:
        os.mkdir("/tmp/went-on")
    os.waitpid(child, 0)
    if os.path.exists("/tmp/went-on"):
        raise ValueError
    return n
`;

it('a process that a candidate forks ends at once', async () => {
  await using pool = await openPool(`forks-test-${randomUUID()}`);
  const { item } = traceItem(SOURCE, 'f(1)');
  const rules = { keep: 2, candidates: 4, seed: 1, mutants: 0 };
  const probed = await pool.use(
    (slot) =>
      probeFunction(
        { slot, memoryBytes: 256 * 1024 * 1024, signal, log: testLog() },
        { function: item.function, inputs: [], rules },
      ),
    signal,
  );
  if (probed.kind === 'lost') throw new Error(probed.how);
  const ends = probed.answer.inputs.map(({ outcome }) => outcome);
  expect(new Set(ends)).toEqual(new Set(['returned']));
});
