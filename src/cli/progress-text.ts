// The progress of a job as one line: pure, the clock is an argument.
import type { JobProgress, PassName, PassProgress } from '../contract/job.ts';
import { counted, duration, grouped } from './table.ts';

/** A count that a pass gives, and its words: a noun that takes an s, and what follows it; no noun where none fits. */
type CountWord = readonly [count: string, noun: string, after: string];

const COUNT_WORDS: Readonly<Record<PassName, readonly CountWord[]>> = {
  ingest: [
    ['recordsRead', 'record', ''],
    ['recordsRejected', '', ' rejected'],
    ['functionsFound', 'function', ''],
    ['inputsFound', 'input', ''],
  ],
  unique: [
    ['functionsKept', 'function', ' kept'],
    ['inputsKept', 'input', ' kept'],
  ],
  trace: [['outcomes', 'invocation', '']],
  refine: [
    ['accepted', '', ' accepted'],
    ['rejected', '', ' rejected'],
    ['duplicateTraces', '', ' duplicate'],
  ],
  publish: [
    ['tracesRows', 'trace', ''],
    ['rejectedRows', 'reject', ''],
    ['ledgerRows', 'ledger row', ''],
  ],
};

function countWords({ pass, counts }: PassProgress): string[] {
  const words = COUNT_WORDS[pass].flatMap(([name, noun, after]) => {
    const count = counts[name];
    if (count === undefined || (noun === '' && count === 0)) return [];
    return [`${noun === '' ? grouped(count) : counted(count, noun)}${after}`];
  });
  const faulted = counts.invocationsFaulted ?? 0;
  const reused = counts['batches-reused'] ?? 0;
  if (faulted > 0) words.push(`${grouped(faulted)} faulted`);
  if (reused > 0) words.push(`${grouped(reused)} ${reused === 1 ? 'batch' : 'batches'} reused`);
  return words;
}

/** Milliseconds left at the pace so far; null while too little is known to say. */
export function timeLeft(pass: PassProgress, now: number): number | null {
  const done = pass.batchesDone;
  if (done < 3 || done >= pass.batchesTotal) return null;
  return ((now - pass.startedAtMs) / done) * (pass.batchesTotal - done);
}

/** `trace    12/17 batches  3,120 invocations  1 min 05 s, about 20.0 s left`. */
export function passLine(pass: PassProgress, now: number): string {
  const batches = `${grouped(pass.batchesDone)}/${grouped(pass.batchesTotal)} ${pass.batchesTotal === 1 ? 'batch' : 'batches'}`;
  const left = pass.endedAtMs === null ? timeLeft(pass, now) : null;
  const took = duration((pass.endedAtMs ?? now) - pass.startedAtMs);
  const time = left === null ? took : `${took}, about ${duration(left)} left`;
  return [pass.pass.padEnd(7), batches.padEnd(12), [...countWords(pass), time].join(', ')].join(
    '  ',
  );
}

/** The pass that runs, or the last one that ended; null before the first. */
export function currentPass(progress: JobProgress): PassProgress | null {
  return progress.passes.find((pass) => pass.endedAtMs === null) ?? progress.passes.at(-1) ?? null;
}

/** Passes that ended and are not among `told`. */
export function newlyEnded(progress: JobProgress, told: ReadonlySet<PassName>): PassProgress[] {
  return progress.passes.filter((pass) => pass.endedAtMs !== null && !told.has(pass.pass));
}
