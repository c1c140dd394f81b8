// tracemill judge: what another quality policy would make of a finished job.
import type { Command } from 'commander';
import { visible } from '../render/visible.ts';
import type { Answer } from './answers.ts';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { findJob } from './job-ref.ts';
import type { JudgeAnswer } from './ports.ts';
import { grouped } from '../core/grouped.ts';
import { counted, table } from './table.ts';

interface JudgeFlags extends JsonOption {
  readonly policy: string;
  readonly dryRun?: boolean;
}

const ID_SHOWN = 12;
const CHANGES = {
  in: 'accepted now',
  out: 'accepted no more',
  changed: 'other reasons',
} as const;

function verdictTable({ before, after }: JudgeAnswer): string {
  const row = (name: 'accepted' | 'rejected' | 'duplicates'): string[] => [
    name,
    grouped(before[name]),
    grouped(after[name]),
  ];
  return table(
    ['verdict', 'before', 'after'],
    [row('accepted'), row('rejected'), row('duplicates')],
  );
}

function judgedText(workflowId: string, answer: JudgeAnswer, isDryRun: boolean): string {
  const { policy, revision, invocations, rowsIn, rowsOut, changed, reasons, examples } = answer;
  const reasonRows = reasons.map(({ reason, before, after }) => [
    reason,
    grouped(before),
    grouped(after),
  ]);
  const shown = examples.map(({ change, id, before, after }) => {
    const from = before.join(', ') || 'accepted';
    const to = after.join(', ') || 'accepted';
    return `  ${id.slice(0, ID_SHOWN)}  ${CHANGES[change]}: ${from} → ${to}`;
  });
  return [
    `${workflowId}, revision ${String(revision)}, judged by ${policy}: ${counted(invocations, 'invocation')}.`,
    `  ${grouped(rowsIn)} in, ${grouped(rowsOut)} out, ${grouped(changed)} rejected otherwise.`,
    '',
    verdictTable(answer),
    ...(reasonRows.length === 0 ? [] : ['', table(['reason', 'before', 'after'], reasonRows)]),
    ...(shown.length === 0 ? [] : ['', ...shown]),
    '',
    isDryRun
      ? 'Nothing was written.'
      : `The next \`tracemill publish ${workflowId}\` goes by ${policy}.`,
  ].join('\n');
}

async function judge(
  context: CommandContext,
  reference: string,
  flags: JudgeFlags,
): Promise<ExitCode> {
  const { gateway, print, isJson } = context;
  const entry = await findJob(await gateway.jobs(), reference);
  const dryRun = flags.dryRun === true;
  const ask = { entry, policy: flags.policy, dryRun };
  const answer = await gateway.judge(ask, (line) => {
    print.note(line);
  });
  const { jobId, workflowId } = entry;
  if (isJson) print.json({ jobId, workflowId, dryRun, ...answer } satisfies Answer<'judge'>);
  else print.answer(visible(judgedText(workflowId, answer, dryRun)));
  return 0;
}

export function registerJudge(program: Command, run: Run): void {
  program
    .command('judge')
    .description('say what another quality policy makes of a finished job')
    .argument('<JOB>', 'which job')
    .requiredOption('--policy <FILE>', 'the policy (docs/policy.md), or default@1')
    .option('--dry-run', 'only say it; without this, the next publish goes by the policy')
    .option(JSON_FLAG, JSON_HELP)
    .action((job: string, flags: JudgeFlags) =>
      run(flags, (context) => judge(context, job, flags)),
    );
}
