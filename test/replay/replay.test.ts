// Today's workflows accept the histories of yesterday's jobs, so that a deploy does not break what is in flight.
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { createLogger } from '../../src/log/logger.ts';
import { bundleWorkflows } from '../../src/temporal/bundle.ts';
import { historyFromText } from '../support/history-json.ts';
import { installRuntime } from '../../src/temporal/runtime.ts';

const HISTORIES = new URL('histories/', import.meta.url);
const names = (await readdir(fileURLToPath(HISTORIES))).filter((name) => name.endsWith('.json'));

let code: string;
beforeAll(async () => {
  // A replay of a job that failed logs that it did.
  installRuntime(createLogger({ level: 'fatal', name: 'replay' }));
  code = await bundleWorkflows(fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)));
});

const load = (name: string): Promise<string> =>
  readFile(fileURLToPath(new URL(name, HISTORIES)), 'utf8');

/** Under its own id: a workflow that starts another one names it after itself. */
async function replay(history: unknown): Promise<void> {
  const { events } = history as {
    readonly events: readonly {
      readonly workflowExecutionStartedEventAttributes?: { readonly workflowId: string };
    }[];
  };
  const id = events[0]?.workflowExecutionStartedEventAttributes?.workflowId;
  if (id === undefined) throw new Error('the history does not begin with its start');
  await Worker.runReplayHistory({ workflowBundle: { code } }, history, id);
}

it('the recorded histories cover every way in which a job runs and ends, is judged and is replayed', () => {
  expect(names).toEqual([
    '0.1.0-asked.json',
    '0.1.0-bisected.json',
    '0.1.0-budget-spent.json',
    '0.1.0-calm.json',
    '0.1.0-cancelled-in-lanes-lane.json',
    '0.1.0-cancelled-in-lanes.json',
    '0.1.0-cancelled.json',
    '0.1.0-continued-as-new.json',
    '0.1.0-failed-and-told.json',
    '0.1.0-failed.json',
    '0.1.0-gathered.json',
    '0.1.0-in-lanes-lane.json',
    '0.1.0-in-lanes.json',
    '0.1.0-judged.json',
    '0.1.0-judging-failed.json',
    '0.1.0-lanes-handed-over.json',
    '0.1.0-paused.json',
    '0.1.0-published-and-told.json',
    '0.1.0-retried.json',
    '0.1.0-set-replay-failed.json',
    '0.1.0-set-replayed.json',
    '0.1.0-split.json',
    '0.1.0-synthesized.json',
    '0.1.0-yielded.json',
  ]);
});

it.each(names)('%s replays', async (name) => {
  await replay(historyFromText(await load(name)));
});

it('a history in which two passes changed places is refused', async () => {
  const text = await load('0.1.0-calm.json');
  const tampered = text
    .replaceAll('"traceBatch"', '"swapped"')
    .replaceAll('"refineBatch"', '"traceBatch"')
    .replaceAll('"swapped"', '"refineBatch"');
  expect(tampered).not.toBe(text);
  await expect(replay(historyFromText(tampered))).rejects.toBeInstanceOf(DeterminismViolationError);
});

it('the bundle stays below two megabytes and holds no validation library', () => {
  expect(Buffer.byteLength(code)).toBeLessThan(2_000_000);
  expect(code).not.toContain('node_modules/zod');
});
