// How a command ends on a job that ended: the summary and next commands, or why it failed.
import type { Answer } from './answers.ts';
import { exampleOf } from './example.ts';
import type { CommandContext, ExitCode } from './context.ts';
import type { JobReport, LaunchHow, PublishedSet } from './ports.ts';
import { causesText, costLines, jobLine, nextCommands, setSummary } from './summary.ts';

export interface EndOptions {
  readonly report: JobReport;
  /** Only where the command launched it. */
  readonly how?: LaunchHow;
  readonly withExample?: boolean;
}

function tellUnpublished(context: CommandContext, report: JobReport): void {
  const { print } = context;
  print.answer(jobLine(report, print.paint, Date.now()));
  if (report.failure !== null) print.answer(`  ${report.failure}`);
  if (report.causes !== null) print.answer(causesText(report.causes));
  for (const line of costLines(report.cost)) print.answer(`  ${line}`);
  if (report.entry.state === 'failed' || report.entry.state === 'cancelled') {
    print.answer(
      '  Nothing was published. Launching it again continues it and reuses all that was sealed.',
    );
  }
}

async function tellPublished(
  context: CommandContext,
  options: EndOptions,
  published: PublishedSet,
): Promise<void> {
  const { print, gateway } = context;
  const { entry } = options.report;
  print.answer('');
  print.answer(jobLine(options.report, print.paint, Date.now()));
  print.answer(setSummary(published, print.paint));
  for (const line of costLines(options.report.cost)) print.answer(line);
  print.answer('');
  const example = await exampleOf(await gateway.sets(), published, print);
  if (example !== null && options.withExample === true) print.answer(`${example.text}\n`);
  print.answer(nextCommands(entry, example?.reference ?? null));
}

/** Prints how a job ended and resolves to the exit code that says so: 0 only where a data set was published. */
export async function tellEnd(context: CommandContext, options: EndOptions): Promise<ExitCode> {
  const { report, how } = options;
  const { entry } = report;
  const isPublished = entry.state === 'published';
  const published = isPublished
    ? await (await context.gateway.sets()).published(entry.bucket, entry.set)
    : null;
  if (context.isJson) {
    const { failure, causes, progress, cost } = report;
    const answer = { job: entry, failure, causes, progress, live: null, published, cost };
    context.print.json(
      how === undefined
        ? ({ ...answer, queues: null } satisfies Answer<'status'>)
        : ({ how, ...answer, pilot: null, plan: null } satisfies Answer<'launch'>),
    );
  } else if (published === null) {
    tellUnpublished(context, report);
  } else {
    await tellPublished(context, options, published);
  }
  return isPublished ? 0 : 1;
}
