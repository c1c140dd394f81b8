// The progress of a job as one line: pure, the clock is an argument.
import type { InFlightReport } from '../contract/in-flight.ts';
import type { JobProgress, PassName, PassProgress } from '../contract/job.ts';
import { usdOf } from '../core/llm-budget.ts';
import { addCounts } from '../core/progress.ts';
import { stageOf } from './live.ts';
import { paceWords } from './live-text.ts';
import { grouped } from '../core/grouped.ts';
import { counted, duration } from './table.ts';

/** A count that a pass gives, and its words: a noun that takes an s, and what follows it; no noun where none fits. */
type CountWord = readonly [count: string, noun: string, after: string];

const COUNT_WORDS: Readonly<Record<PassName, readonly CountWord[]>> = {
  ingest: [
    ['recordsRead', 'record', ''],
    ['recordsRejected', '', ' rejected'],
    ['functionsFound', 'function', ''],
    ['inputsFound', 'input', ''],
  ],
  benchmark: [
    ['benchmarkItems', 'item', ''],
    ['benchmarkUnread', '', ' not read'],
  ],
  match: [['functionsMatched', 'function', ' in a benchmark']],
  earlier: [['functionsEarlier', 'function', ' of earlier sets']],
  near: [['pairs', 'pair', ' joined']],
  unique: [
    ['functionsKept', 'function', ' kept'],
    ['inputsKept', 'input', ' kept'],
  ],
  cluster: [['pairs', 'pair', ' joined']],
  place: [
    ['functions.train', 'function', ' in train'],
    ['functions.validation', '', ' in validation'],
    ['functions.test', '', ' in test'],
  ],
  probe: [
    ['candidates', 'candidate', ''],
    ['inputsKept', 'input', ' kept'],
  ],
  prompt: [
    ['functionsAsked', 'function', ' asked about'],
    ['replies.over-budget', '', ' beyond the budget'],
    ['replies.refused', '', ' refused'],
    ['replies.rejected', '', ' rejected'],
    ['replies.truncated', '', ' truncated'],
    ['replies.malformed', '', ' malformed'],
    ['inputsOffered', 'input', ' offered'],
  ],
  reprobe: [
    ['candidates', 'candidate', ''],
    ['inputsKept', 'input', ' kept'],
    ['reason.input-unsafe', '', ' unsafe'],
  ],
  trace: [
    ['outcomes', 'invocation', ''],
    ['invocationsReused', '', ' reused'],
  ],
  refine: [
    ['accepted', '', ' accepted'],
    ['rejected', '', ' rejected'],
    ['duplicateTraces', '', ' duplicate'],
  ],
  gather: [['rowsGathered', 'row', '']],
  publish: [
    ['tracesRows', 'trace', ''],
    ['rejectedRows', 'reject', ''],
    ['ledgerRows', 'ledger row', ''],
  ],
  render: [['proposed', 'example', ' proposed']],
  select: [
    ['kept', 'example', ' kept'],
    ['duplicates', '', ' duplicate'],
    ['overBalance', '', ' over balance'],
  ],
  text: [['textRows', 'text', '']],
};

function countWords({ pass, counts }: PassProgress): string[] {
  const words = COUNT_WORDS[pass].flatMap(([name, noun, after]) => {
    const count = counts[name];
    if (count === undefined || (noun === '' && count === 0)) return [];
    return [`${noun === '' ? grouped(count) : counted(count, noun)}${after}`];
  });
  const faulted = counts.invocationsFaulted ?? 0;
  const reused = counts['batches-reused'] ?? 0;
  if (pass === 'prompt') words.push(`$${usdOf(counts.costNanoUsd ?? 0).toFixed(4)}`);
  if (faulted > 0) words.push(`${grouped(faulted)} faulted`);
  if (reused > 0) words.push(`${grouped(reused)} ${reused === 1 ? 'batch' : 'batches'} reused`);
  return words;
}

/** With the invocations of batches in flight, so that a long batch is seen to move. */
function withInFlight(pass: PassProgress, inFlight: InFlightReport | null): PassProgress {
  const flying = inFlight?.passes.find((entry) => entry.pass === pass.pass);
  if (flying === undefined || flying.invocations === 0) return pass;
  const faulted = flying.outcomes.faulted ?? 0;
  const more = { outcomes: flying.invocations - faulted, invocationsFaulted: faulted };
  return { ...pass, counts: addCounts(pass.counts, more) };
}

/** `trace    12/17 batches  3,120 invocations, 1 min 05 s, 8 functions/s, 48 invocations/s, about 20.0 s left`. */
export function passLine(
  pass: PassProgress,
  now: number,
  inFlight: InFlightReport | null = null,
): string {
  const batches = `${grouped(pass.batchesDone)}/${grouped(pass.batchesTotal)} ${pass.batchesTotal === 1 ? 'batch' : 'batches'}`;
  const took = duration((pass.endedAtMs ?? now) - pass.startedAtMs);
  const words = [
    ...countWords(withInFlight(pass, inFlight)),
    took,
    ...(pass.endedAtMs === null ? paceWords(stageOf(pass, inFlight, now)) : []),
  ];
  return [pass.pass.padEnd(7), batches.padEnd(12), words.join(', ')].join('  ');
}

/** The pass that runs, or the last one that ended; null before the first. */
export function currentPass(progress: JobProgress): PassProgress | null {
  return progress.passes.find((pass) => pass.endedAtMs === null) ?? progress.passes.at(-1) ?? null;
}

/** Passes that ended and are not among `told`. */
export function newlyEnded(progress: JobProgress, told: ReadonlySet<PassName>): PassProgress[] {
  return progress.passes.filter((pass) => pass.endedAtMs !== null && !told.has(pass.pass));
}
