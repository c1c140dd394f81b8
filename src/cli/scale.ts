// tracemill scale: tells a running job how many slots there are, so that it keeps enough batches in flight.
import type { Command } from 'commander';
import { AppError } from '../errors.ts';
import type { Answer } from './answers.ts';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { findJob } from './job-ref.ts';
import { grouped } from '../core/grouped.ts';
import { counted } from './table.ts';

const SLOTS_MAX = 10_000;

interface ScaleFlags extends JsonOption {
  readonly slots: string;
}

function slotsOf(text: string): number {
  const slots = Number(text);
  if (/^\d+$/.test(text) && slots >= 1 && slots <= SLOTS_MAX) return slots;
  throw new AppError(
    'usage',
    `--slots ${JSON.stringify(text)} is not a whole number from 1 to ${String(SLOTS_MAX)}`,
  );
}

async function scale(context: CommandContext, reference: string, slots: number): Promise<ExitCode> {
  const { gateway, print, isJson } = context;
  const jobs = await gateway.jobs();
  const entry = await findJob(jobs, reference);
  const { jobId, workflowId } = entry;
  if (entry.state !== 'running' && entry.state !== 'paused') {
    throw new AppError(
      'usage',
      `job ${JSON.stringify(workflowId)} is ${entry.state} already; there is nothing to scale`,
    );
  }
  const window = await jobs.scale(entry, slots);
  if (isJson) print.json({ jobId, workflowId, slots, window } satisfies Answer<'scale'>);
  else {
    print.answer(
      `${workflowId} keeps ${grouped(window)} batches in flight, for ${counted(slots, 'slot')}.`,
    );
    print.answer(
      '  Workers are started with `tracemill worker --slots N`; `tracemill workers` lists them.',
    );
  }
  return 0;
}

export function registerScale(program: Command, run: Run): void {
  program
    .command('scale')
    .description('keep enough batches of a job in flight for so many slots')
    .argument('<JOB>', 'which job')
    .requiredOption('--slots <N>', 'sandbox slots of all workers that serve it')
    .option(JSON_FLAG, JSON_HELP)
    .action((job: string, flags: ScaleFlags) =>
      run(flags, (context) => scale(context, job, slotsOf(flags.slots))),
    );
}
