// When a running job can no longer end as its spec requires, or is so likely not to that going on is a waste. Pure: the
// workflow asks after each batch.
import type { BatchCounts, JobBudget, JobProgress, PassName } from '../contract/job.ts';

/** Below this many invocations a share says little: one bad function with six inputs would be most of it. */
const SAMPLE_INVOCATIONS_MIN = 1_000;
/** And below this many faults it may be one bad minute of one machine. */
const SAMPLE_FAULTS_MIN = 10;

const percent = (part: number, whole: number): string =>
  `${((100 * part) / Math.max(whole, 1)).toFixed(2)}%`;

function countsOf(progress: JobProgress, pass: PassName): BatchCounts {
  return progress.passes.find((entry) => entry.pass === pass)?.counts ?? {};
}

function faultsBreach(traced: BatchCounts, planned: number, faultsMax: number): string | null {
  const faulted = traced['invocationsFaulted'] ?? 0;
  const seen = traced['invocationsPlanned'] ?? 0;
  const isCertain = faulted > faultsMax * planned;
  const isLikely =
    seen >= SAMPLE_INVOCATIONS_MIN && faulted >= SAMPLE_FAULTS_MIN && faulted > faultsMax * seen;
  if (!isCertain && !isLikely) return null;
  return (
    `${String(faulted)} of the first ${String(seen)} invocations faulted (${percent(faulted, seen)}; ` +
    `${String(planned)} are planned); the spec allows ${percent(faultsMax, 1)}`
  );
}

/** Invocations that are surely not accepted: by their outcome where only the trace is known, by their verdict after. */
function lostInvocations(
  { traced, refined }: { readonly traced: BatchCounts; readonly refined: BatchCounts },
  outcomesAccepted: readonly string[],
): number {
  const accepted = outcomesAccepted.reduce((sum, outcome) => sum + (traced[outcome] ?? 0), 0);
  const byOutcome = (traced['outcomes'] ?? 0) - accepted + (traced['invocationsFaulted'] ?? 0);
  const byVerdict =
    (refined['rejected'] ?? 0) +
    (refined['duplicateTraces'] ?? 0) +
    (refined['invocationsFaulted'] ?? 0);
  return Math.max(byOutcome, byVerdict);
}

/** One sentence where the job should stop; null while it may still end as required. */
export function breachOf(progress: JobProgress, budget: JobBudget): string | null {
  const unique = countsOf(progress, 'unique');
  const probe = progress.passes.findLast(({ pass }) => pass === 'probe' || pass === 'reprobe');
  const isOpen = probe !== undefined && probe.endedAtMs === null;
  const planned = isOpen ? undefined : (probe?.counts ?? unique)['inputsKept'];
  if (planned === undefined) return null;
  const traced = countsOf(progress, 'trace');
  const refined = countsOf(progress, 'refine');
  const { acceptedMin, faultsMax, outcomesAccepted } = budget;
  if (faultsMax !== null) {
    const breach = faultsBreach(traced, planned, faultsMax);
    if (breach !== null) return breach;
  }
  if (acceptedMin === null) return null;
  const lost = lostInvocations({ traced, refined }, outcomesAccepted);
  const possible = planned - lost;
  if (possible >= acceptedMin * Math.max(planned, 1)) return null;
  return (
    `at most ${String(possible)} of ${String(planned)} invocations can still be accepted ` +
    `(${percent(possible, planned)}); the spec requires ${percent(acceptedMin, 1)}`
  );
}
