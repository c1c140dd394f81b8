// tracemill retry: the next revision of a finished job, which runs some of its invocations again and keeps all other rows.
import type { Command } from 'commander';
import { OUTCOMES } from '../contract/outcome.ts';
import type { OutcomeKind } from '../contract/outcome.ts';
import type { RetrySelection } from '../contract/spec.ts';
import { AppError } from '../errors.ts';
import type { Answer } from './answers.ts';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { findJob } from './job-ref.ts';
import type { RetryAnswer } from './ports.ts';
import { grouped } from '../core/grouped.ts';
import { counted } from './table.ts';

interface RetryFlags extends JsonOption {
  readonly faulted?: boolean;
  readonly outcome?: string;
  readonly reason?: string;
  readonly limits?: readonly string[];
  readonly dryRun?: boolean;
}

const listOf = (text: string | undefined): string[] =>
  (text ?? '').split(',').flatMap((item) => (item.trim() === '' ? [] : [item.trim()]));

const isOutcome = (name: string): name is OutcomeKind => OUTCOMES.some((known) => known === name);

function outcomesOf(text: string | undefined): OutcomeKind[] {
  return listOf(text).map((name) => {
    if (isOutcome(name)) return name;
    throw new AppError(
      'usage',
      `--outcome ${JSON.stringify(name)} is no outcome; write ${OUTCOMES.join(', ')}`,
    );
  });
}

/** Throws AppError `usage` where nothing is selected: a retry of everything is another job. */
function selectionOf(flags: RetryFlags): RetrySelection {
  const selection: RetrySelection = {
    faulted: flags.faulted === true,
    outcomes: outcomesOf(flags.outcome),
    reasons: listOf(flags.reason),
  };
  const { faulted, outcomes, reasons } = selection;
  if (faulted || outcomes.length > 0 || reasons.length > 0) return selection;
  throw new AppError('usage', 'say what to retry: --faulted, --outcome A,B or --reason R');
}

function plannedText(workflowId: string, answer: RetryAnswer, isDryRun: boolean): string {
  const { revision, from, set, invocations, functions, batches, byOutcome } = answer;
  const found = Object.entries(byOutcome)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${grouped(count)}`);
  const cut = `${grouped(batches)} ${batches === 1 ? 'batch' : 'batches'}`;
  const took = `${counted(invocations, 'invocation')} of ${counted(functions, 'function')} in ${cut}`;
  return [
    `${workflowId}: revision ${String(revision)} ${isDryRun ? 'would take' : 'takes'} up ${took} again (${found.join(', ')}).`,
    `  All other rows stay as they are in revision ${String(from)}; it publishes ${set}.`,
    ...(isDryRun ? [] : [`  tracemill status ${workflowId} --watch`]),
  ].join('\n');
}

async function retry(
  context: CommandContext,
  reference: string,
  flags: RetryFlags,
): Promise<ExitCode> {
  const { gateway, print, isJson } = context;
  const selection = selectionOf(flags);
  const entry = await findJob(await gateway.jobs(), reference);
  const dryRun = flags.dryRun === true;
  const answer = await gateway.retry(
    { entry, selection, limits: flags.limits ?? [], dryRun },
    (line) => {
      print.note(line);
    },
  );
  const { jobId, workflowId } = entry;
  if (isJson) print.json({ jobId, workflowId, dryRun, ...answer } satisfies Answer<'retry'>);
  else print.answer(plannedText(workflowId, answer, dryRun));
  return 0;
}

export function registerRetry(program: Command, run: Run): void {
  program
    .command('retry')
    .description('run some invocations of a finished job again, as its next revision')
    .argument('<JOB>', 'which job')
    .option('--faulted', 'those that have no outcome')
    .option('--outcome <A,B>', 'those with one of these outcomes')
    .option(
      '--reason <R,S>',
      'those rejected for one of these reasons, or faulted with one of these codes',
    )
    .option(
      '--limits <NAME=VALUE...>',
      'other limits for them: events, fuel, trace, output, memory, cpu, wall',
    )
    .option('--dry-run', 'say what it would take up, and start nothing')
    .option(JSON_FLAG, JSON_HELP)
    .action((job: string, flags: RetryFlags) =>
      run(flags, (context) => retry(context, job, flags)),
    );
}
