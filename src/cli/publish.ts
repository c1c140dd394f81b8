// tracemill publish: the next revision of a finished job, which publishes its traces under another policy or name.
import type { Command } from 'commander';
import type { Answer } from './answers.ts';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { findJob } from './job-ref.ts';

interface PublishFlags extends JsonOption {
  readonly as?: string;
  readonly policy?: string;
}

async function publish(
  context: CommandContext,
  reference: string,
  flags: PublishFlags,
): Promise<ExitCode> {
  const { gateway, print, isJson } = context;
  const entry = await findJob(await gateway.jobs(), reference);
  const { jobId, workflowId } = entry;
  const ask = { entry, set: flags.as ?? null, policy: flags.policy ?? null };
  const answer = await gateway.publish(ask, (line) => {
    print.note(line);
  });
  if (isJson) {
    print.json({ jobId, workflowId, ...answer } satisfies Answer<'publish'>);
    return 0;
  }
  const { revision, from, set, policy } = answer;
  print.answer(
    `${workflowId}: revision ${String(revision)} publishes the traces of revision ${String(from)} as ${set}, by ${policy}; nothing is executed.`,
  );
  print.answer(`  tracemill status ${workflowId} --watch`);
  return 0;
}

export function registerPublish(program: Command, run: Run): void {
  program
    .command('publish')
    .description('publish a finished job anew, without executing anything')
    .argument('<JOB>', 'which job')
    .option('--as <NAME@VERSION>', 'under which name; the next free version without it')
    .option('--policy <FILE>', 'by which policy; the one that it was judged by last without it')
    .option(JSON_FLAG, JSON_HELP)
    .action((job: string, flags: PublishFlags) =>
      run(flags, (context) => publish(context, job, flags)),
    );
}
