// tracemill sweep: removes what broken-off attempts and deleted jobs left behind.
import type { Command } from 'commander';
import { AppError } from '../errors.ts';
import { parseDuration } from '../schema/units.ts';
import type { Answer } from './answers.ts';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import type { RemovedObjects } from './ports.ts';
import { byteSize, counted } from './table.ts';

interface SweepFlags extends JsonOption {
  readonly grace: string;
  readonly dryRun?: boolean;
}

function graceOf(text: string): number {
  const graceMs = parseDuration(text);
  if (graceMs !== null) return graceMs;
  throw new AppError('usage', `--grace ${JSON.stringify(text)} is no time; write for example 24h`);
}

const amount = ({ objects, bytes }: RemovedObjects, noun: string): string =>
  `${counted(objects, noun)} (${byteSize(bytes)})`;

async function sweep(context: CommandContext, flags: SweepFlags): Promise<ExitCode> {
  const { gateway, print, isJson } = context;
  const dryRun = flags.dryRun === true;
  const graceMs = graceOf(flags.grace);
  const answer = await (await gateway.upkeep()).sweep({ graceMs, dryRun });
  if (isJson) {
    print.json({ dryRun, ...answer } satisfies Answer<'sweep'>);
    return 0;
  }
  const parts = amount(answer.parts, 'part');
  const content = amount(answer.content, 'sealed object');
  print.answer(`${dryRun ? 'Would remove' : 'Removed'} ${parts} and ${content}.`);
  if (!answer.contentWasSwept) {
    print.answer('  A job runs, so sealed objects were left alone.');
  }
  return 0;
}

export function registerSweep(program: Command, run: Run): void {
  program
    .command('sweep')
    .description('remove parts of jobs that ended, and sealed objects that no job names')
    .option('--grace <TIME>', 'leave what is younger', '24h')
    .option('--dry-run', 'count only')
    .option(JSON_FLAG, JSON_HELP)
    .action((flags: SweepFlags) => run(flags, (context) => sweep(context, flags)));
}
