// tracemill export: a published set in a folder or another bucket.
import { Option } from 'commander';
import type { Command } from 'commander';
import { visible } from '../render/visible.ts';
import type { Answer } from './answers.ts';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { byteSize, counted } from './table.ts';
import { findTarget } from './target.ts';

interface ExportFlags extends JsonOption {
  readonly to: string;
  readonly as: 'parquet' | 'jsonl';
}

async function exportSet(
  context: CommandContext,
  reference: string,
  flags: ExportFlags,
): Promise<ExitCode> {
  const { gateway, print, isJson } = context;
  const { bucket, set } = await findTarget(gateway, reference);
  const ask = { bucket, set, to: flags.to, format: flags.as };
  const files = await (await gateway.sets()).export(ask);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (isJson) {
    print.json({ set, to: flags.to, as: flags.as, bytes, files } satisfies Answer<'export'>);
    return 0;
  }
  const there = files.filter(({ how }) => how === 'there').length;
  const was = there === 0 ? '' : `; ${counted(there, 'file')} of them were there`;
  print.answer(
    visible(
      `${set} is in ${flags.to}: ${counted(files.length, 'file')}, ${byteSize(bytes)}${was}.`,
    ),
  );
  print.answer('  SHA256SUMS has their digests.');
  return 0;
}

export function registerExport(program: Command, run: Run): void {
  program
    .command('export')
    .description('copy a data set to a folder or another bucket')
    .argument('<JOB|SET>', 'which data set')
    .requiredOption(
      '--to <DIR|s3://BUCKET/PREFIX>',
      'where to; files with other bytes are not replaced',
    )
    .addOption(
      new Option('--as <FORMAT>', 'the objects as they are, or lines of JSON')
        .choices(['parquet', 'jsonl'])
        .default('parquet'),
    )
    .option(JSON_FLAG, JSON_HELP)
    .action((job: string, flags: ExportFlags) =>
      run(flags, (context) => exportSet(context, job, flags)),
    );
}
