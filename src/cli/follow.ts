// Watches a job until it ends: a live line on a terminal, plain lines in a pipe, all on stderr.
import { setTimeout as sleep } from 'node:timers/promises';
import { isAppError } from '../errors.ts';
import type { InFlightReport } from '../contract/in-flight.ts';
import type { JobProgress, PassName } from '../contract/job.ts';
import type { CommandContext } from './context.ts';
import type { JobEntry, JobReport, JobsPort } from './ports.ts';
import { inFlightLine, retryLines } from './live-text.ts';
import { currentPass, newlyEnded, passLine } from './progress-text.ts';
import { duration } from './table.ts';

const POLL_MS = 500;
/** A pipe gets a line for the running pass this often. */
const PLAIN_LINE_MS = 10_000;
/** A server that restarts is back well within this; then the command gives up with its error. */
const OUTAGE_MS_MAX = 60_000;
/** The first answer of a fresh worker takes a few seconds; after this the user is told. */
const NO_WORKER_MS = 15_000;

interface Told {
  readonly passes: Set<PassName>;
  plainAtMs: number;
  silentSinceMs: number | null;
  hasWarned: boolean;
}

/** The running pass with its pace, slots and retries on one line; in a pipe also why something is tried again. */
function tellProgress(
  context: CommandContext,
  { progress, inFlight }: { progress: JobProgress; inFlight: InFlightReport | null },
  told: Told,
): void {
  const { print } = context;
  const now = Date.now();
  for (const pass of newlyEnded(progress, told.passes)) {
    told.passes.add(pass.pass);
    print.note(`  ${passLine(pass, now)}`);
    told.plainAtMs = now;
  }
  const running = currentPass(progress);
  if (running === null || running.endedAtMs !== null) return;
  const flying = inFlight === null ? '' : `, ${inFlightLine(inFlight)}`;
  const line = `  ${passLine(running, now, inFlight)}${flying}`;
  print.live(line);
  if (!print.isLive && now - told.plainAtMs >= PLAIN_LINE_MS) {
    print.note(line);
    for (const retry of inFlight === null ? [] : retryLines(inFlight)) print.note(`  ${retry}`);
    told.plainAtMs = now;
  }
}

function tellSilence(context: CommandContext, told: Told): void {
  const now = Date.now();
  told.silentSinceMs ??= now;
  const silentMs = now - told.silentSinceMs;
  context.print.live(`  waiting for a worker to answer, ${duration(silentMs)}`);
  if (silentMs < NO_WORKER_MS || told.hasWarned) return;
  told.hasWarned = true;
  context.print.note('  no worker answers; start one with `tracemill up` or `tracemill worker`');
}

/** The value, or null where the user interrupts first: an answer may be seconds away. */
async function unlessInterrupted<T>(asked: Promise<T>, signal: AbortSignal): Promise<T | null> {
  let stop = (): void => undefined;
  const interrupted = new Promise<null>((resolve) => {
    stop = () => {
      resolve(null);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([asked, interrupted]);
  } finally {
    signal.removeEventListener('abort', stop);
    // Whoever is not waited for any more may fail unheard.
    asked.catch(() => undefined);
  }
}

async function reportThroughOutage(
  ask: () => Promise<JobReport>,
  context: CommandContext,
): Promise<JobReport | null> {
  const deadline = Date.now() + OUTAGE_MS_MAX;
  while (!context.signal.aborted) {
    try {
      return await unlessInterrupted(ask(), context.signal);
    } catch (error) {
      const isOutage = isAppError(error) && error.code === 'temporal-unreachable';
      if (!isOutage || Date.now() > deadline) throw error;
      context.print.live('  Temporal does not answer; the job goes on when it is back');
      await sleep(POLL_MS, undefined, { signal: context.signal }).catch(() => undefined);
    }
  }
  return null;
}

/**
 * Resolves to the last report once the job ended, or to null where the user interrupted: the job itself goes on.
 * Throws AppError `temporal-unreachable` where the server stays away.
 */
export async function followJob(
  jobs: JobsPort,
  entry: JobEntry,
  context: CommandContext,
): Promise<JobReport | null> {
  const told: Told = {
    passes: new Set(),
    plainAtMs: Date.now(),
    silentSinceMs: null,
    hasWarned: false,
  };
  let isServed = false;
  while (!context.signal.aborted) {
    const report = await reportThroughOutage(() => jobs.report(entry, isServed), context);
    if (report === null) break;
    if (report.progress === null) {
      if (report.entry.state === 'running') tellSilence(context, told);
    } else {
      isServed = true;
      told.silentSinceMs = null;
      tellProgress(context, { progress: report.progress, inFlight: report.inFlight }, told);
    }
    if (report.entry.state !== 'running' && report.entry.state !== 'paused') return report;
    // An interrupt ends the wait early; the loop sees it.
    await sleep(POLL_MS, undefined, { signal: context.signal }).catch(() => undefined);
  }
  context.print.note(
    `  stopped watching; the job goes on, \`tracemill status ${entry.workflowId} --watch\` shows it again`,
  );
  return null;
}
