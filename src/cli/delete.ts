// tracemill delete: removes a job that has ended, and what only it refers to.
import type { Command } from 'commander';
import { AppError } from '../errors.ts';
import type { Answer } from './answers.ts';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { findJob } from './job-ref.ts';
import { byteSize, counted } from './table.ts';

interface DeleteFlags extends JsonOption {
  readonly sets?: boolean;
}

async function deleteJob(
  context: CommandContext,
  reference: string,
  flags: DeleteFlags,
): Promise<ExitCode> {
  const { gateway, print, isJson } = context;
  const entry = await findJob(await gateway.jobs(), reference);
  const { jobId, workflowId, state } = entry;
  if (state === 'running' || state === 'paused') {
    throw new AppError(
      'usage',
      `job ${JSON.stringify(workflowId)} is ${state}; cancel it first, or wait for its end`,
    );
  }
  const setsRemoved = flags.sets === true;
  const answer = await (await gateway.upkeep()).delete(entry, { withSets: setsRemoved });
  if (isJson) {
    print.json({ jobId, workflowId, setsRemoved, ...answer } satisfies Answer<'delete'>);
    return 0;
  }
  const { removed, sets, collected } = answer;
  print.answer(
    `${workflowId} is deleted: ${counted(removed.objects, 'object')}, ${byteSize(removed.bytes)}.`,
  );
  if (sets.length > 0) {
    print.answer(`  ${setsRemoved ? 'Removed' : 'Kept'}: ${sets.join(', ')}.`);
  }
  if (!collected) {
    print.answer(
      '  Another job runs, so shared objects stay; `tracemill sweep` removes them later.',
    );
  }
  return 0;
}

export function registerDelete(program: Command, run: Run): void {
  program
    .command('delete')
    .description('remove a job that has ended, and what only it refers to')
    .argument('<JOB>', 'which job')
    .option('--sets', 'its published data sets too')
    .option(JSON_FLAG, JSON_HELP)
    .action((job: string, flags: DeleteFlags) =>
      run(flags, (context) => deleteJob(context, job, flags)),
    );
}
