// The fold of batch results into a job's progress. Times are milliseconds since the epoch and are passed in.
import type {
  BatchCounts,
  BatchResult,
  JobProgress,
  PassName,
  PassProgress,
} from '../contract/job.ts';
import { markPace } from './pace.ts';

/** Progress of a job of which nothing ran. */
export function emptyProgress(window: number): JobProgress {
  return {
    state: 'running',
    paused: false,
    window,
    passes: [],
    environment: null,
    lastFault: null,
  };
}

/** Sums of equal names; a name that only one side has is kept. */
export function addCounts(left: BatchCounts, right: BatchCounts): BatchCounts {
  const sum: Record<string, number> = { ...left };
  for (const [name, count] of Object.entries(right)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** Adds a pass that begins; a pass that is there already (after continue-as-new) is left as it is. */
export function beginPass(
  progress: JobProgress,
  begun: { pass: PassName; batchesTotal: number; nowMs: number },
): JobProgress {
  if (progress.passes.some(({ pass }) => pass === begun.pass)) return progress;
  const added: PassProgress = {
    pass: begun.pass,
    batchesDone: 0,
    batchesTotal: begun.batchesTotal,
    counts: {},
    startedAtMs: begun.nowMs,
    endedAtMs: begun.batchesTotal === 0 ? begun.nowMs : null,
  };
  return { ...progress, passes: [...progress.passes, added] };
}

/** Counts with those of one more batch. */
export function withBatch(counts: BatchCounts, result: BatchResult): BatchCounts {
  return addCounts(addCounts(counts, result.counts), { [`batches-${result.how}`]: 1 });
}

/** Takes the totals of a pass as they are now; with its last batch it ends. */
export function setTotals(
  progress: JobProgress,
  now: { pass: PassName; done: number; counts: BatchCounts; nowMs: number },
): JobProgress {
  const { done: batchesDone, counts, nowMs } = now;
  const passes = progress.passes.map((entry) => {
    if (entry.pass !== now.pass) return entry;
    const isOver = batchesDone === entry.batchesTotal;
    return markPace({ ...entry, batchesDone, counts, endedAtMs: isOver ? nowMs : null }, now);
  });
  return { ...progress, passes };
}

/** Adds the result of one batch. */
export function addBatch(
  progress: JobProgress,
  added: { pass: PassName; result: BatchResult; nowMs: number },
): JobProgress {
  const { pass, result, nowMs } = added;
  const entry = progress.passes.find((one) => one.pass === pass);
  if (entry === undefined) return progress;
  const counts = withBatch(entry.counts, result);
  return setTotals(progress, { pass, done: entry.batchesDone + 1, counts, nowMs });
}

/** A few lines of Markdown, for the details that Temporal's own page shows. */
export function describeProgress(progress: JobProgress): string {
  const lines = progress.passes.map(({ pass, batchesDone, batchesTotal, counts }) => {
    const named = Object.entries(counts)
      .filter(([name]) => !name.startsWith('batches-'))
      .map(([name, count]) => `${name} ${String(count)}`);
    const tail = named.length === 0 ? '' : `: ${named.join(', ')}`;
    return `- **${pass}** ${String(batchesDone)}/${String(batchesTotal)}${tail}`;
  });
  const state = progress.paused ? 'paused' : progress.state;
  return [`${state}, window ${String(progress.window)}`, '', ...lines].join('\n');
}
