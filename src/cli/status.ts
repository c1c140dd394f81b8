// tracemill status: where a job is, or what came of it.
import type { Answer } from './answers.ts';
import type { Command } from 'commander';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { followJob } from './follow.ts';
import { tellEnd } from './job-end.ts';
import { findJob } from './job-ref.ts';
import { liveOf } from './live.ts';
import { failureLines, inFlightLine, outcomesLine, retryLines } from './live-text.ts';
import type { CauseReport } from '../contract/job.ts';
import type { JobReport, QueueReport } from './ports.ts';
import { passLine } from './progress-text.ts';
import { queueLines } from './queue-text.ts';
import { jobLine } from './summary.ts';
import { counted } from './table.ts';

interface StatusFlags extends JsonOption {
  readonly watch?: boolean;
}

interface Running {
  readonly report: JobReport;
  readonly queues: readonly QueueReport[];
  /** From sealed batches; null before the first. */
  readonly seen: CauseReport | null;
}

/** Stages, slots, retries and kinds of failures; what a person looks for first comes first. */
function tellLive({ print }: CommandContext, { report, seen }: Running): void {
  const now = Date.now();
  const { progress, inFlight } = report;
  const live = liveOf(report, seen, now);
  for (const pass of progress?.passes ?? []) {
    print.answer(`  ${passLine(pass, now, inFlight)}`);
    const stage = live?.stages.find((entry) => entry.pass === pass.pass);
    const outcomes = stage === undefined ? null : outcomesLine(stage);
    if (outcomes !== null) print.answer(`           ${outcomes}`);
  }
  if (inFlight === null) return;
  print.answer(`  ${inFlightLine(inFlight)}`);
  for (const line of retryLines(inFlight)) print.answer(`  ${line}`);
  const failures = live?.failures ?? [];
  if (failures.length === 0) return;
  const looked = seen === null ? '' : `, counted among ${counted(seen.invocations, 'invocation')}`;
  print.answer(`  Not accepted so far${looked}:`);
  for (const line of failureLines(failures)) print.answer(`    ${line}`);
}

function tellRunning(context: CommandContext, running: Running): void {
  const { report, queues, seen } = running;
  const { print } = context;
  if (context.isJson) {
    const { entry: job, failure, causes, progress } = report;
    print.json({
      job,
      failure,
      causes,
      progress,
      live: liveOf(report, seen, Date.now()),
      published: null,
      cost: null,
      queues,
    } satisfies Answer<'status'>);
    return;
  }
  print.answer(jobLine(report, print.paint, Date.now()));
  tellLive(context, running);
  if (report.progress === null) {
    print.answer('  no worker answers; start one with `tracemill up` or `tracemill worker`');
  }
  for (const line of queueLines(queues)) print.answer(`  ${line}`);
  if (report.progress?.lastFault != null)
    print.answer(`  last fault: ${report.progress.lastFault}`);
}

async function status(context: CommandContext, job: string, flags: StatusFlags): Promise<ExitCode> {
  const jobs = await context.gateway.jobs();
  const entry = await findJob(jobs, job);
  const report =
    flags.watch === true ? await followJob(jobs, entry, context) : await jobs.report(entry);
  if (report === null) return 130;
  const isRunning = report.entry.state === 'running' || report.entry.state === 'paused';
  if (!isRunning) return tellEnd(context, { report });
  const [queues, seen] = await Promise.all([jobs.fleet(), jobs.causes(entry)]);
  tellRunning(context, { report, queues, seen });
  return 0;
}

export function registerStatus(program: Command, run: Run): void {
  program
    .command('status')
    .description('say where a job is, or what came of it')
    .argument('[JOB]', 'which job', '@last')
    .option('--watch', 'follow it until it ends')
    .option(JSON_FLAG, JSON_HELP)
    .action((job: string, flags: StatusFlags) =>
      run(flags, (context) => status(context, job, flags)),
    );
}
