// tracemill status: where a job is, or what came of it.
import type { Answer } from './answers.ts';
import type { Command } from 'commander';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { followJob } from './follow.ts';
import { tellEnd } from './job-end.ts';
import { findJob } from './job-ref.ts';
import type { JobReport, QueueReport } from './ports.ts';
import { passLine } from './progress-text.ts';
import { queueLines } from './queue-text.ts';
import { jobLine } from './summary.ts';

interface StatusFlags extends JsonOption {
  readonly watch?: boolean;
}

interface Running {
  readonly report: JobReport;
  readonly queues: readonly QueueReport[];
}

function tellRunning(context: CommandContext, { report, queues }: Running): void {
  const { print } = context;
  if (context.isJson) {
    const { entry: job, failure, causes, progress } = report;
    print.json({
      job,
      failure,
      causes,
      progress,
      published: null,
      queues,
    } satisfies Answer<'status'>);
    return;
  }
  const now = Date.now();
  print.answer(jobLine(report, print.paint, now));
  for (const pass of report.progress?.passes ?? []) print.answer(`  ${passLine(pass, now)}`);
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
  tellRunning(context, { report, queues: await jobs.fleet() });
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
