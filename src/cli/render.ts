// tracemill render: the next revision of a finished job, which publishes the same traces with other training texts.
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { EXAMPLE_FORMATS, PAIR_FORMATS } from '../contract/text.ts';
import type { ExampleFormat } from '../contract/text.ts';
import { AppError } from '../errors.ts';
import type { Answer } from './answers.ts';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { findJob, isSetReference } from './job-ref.ts';
import type { RenderAsk } from './publish-ports.ts';

interface RenderFlags extends JsonOption {
  readonly format?: readonly ExampleFormat[];
  readonly pairs?: number;
  readonly ahead?: readonly number[];
  readonly context?: number;
  readonly texts?: string;
  readonly as?: string;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError('give a whole number from 1');
}

const parseCounts = (text: string): number[] => text.split(',').map(parseCount);

/** The same as `render` of a spec; pairs and look-ahead go to the formats that have them. */
function textsOf(flags: RenderFlags): RenderAsk['texts'] {
  const { format: formats = [], texts, pairs, ahead, context } = flags;
  if (texts !== undefined && formats.length === 0) return { file: texts };
  if (texts !== undefined || formats.length === 0) {
    throw new AppError('usage', 'name the texts with --format, or a file of them with --texts');
  }
  const render = formats.map((format) => ({
    format,
    ...(context === undefined ? {} : { context }),
    ...(pairs === undefined || !PAIR_FORMATS.includes(format) ? {} : { pairs }),
    ...(ahead === undefined || !PAIR_FORMATS.includes(format) ? {} : { ahead }),
  }));
  return { document: { render } };
}

async function render(
  context: CommandContext,
  reference: string,
  flags: RenderFlags,
): Promise<ExitCode> {
  const { gateway, print, isJson } = context;
  const texts = textsOf(flags);
  const of = isSetReference(reference)
    ? { bucket: gateway.bucket(), set: reference }
    : await findJob(await gateway.jobs(), reference);
  const answer = await gateway.render({ of, texts, set: flags.as ?? null }, (line) => {
    print.note(line);
  });
  if (isJson) {
    print.json(answer satisfies Answer<'render'>);
    return 0;
  }
  const { workflowId, revision, from, set, formats } = answer;
  print.answer(
    `${workflowId}: revision ${String(revision)} publishes the traces of revision ${String(from)} as ${set}, with texts in ${formats.join(', ')}; nothing is executed.`,
  );
  print.answer(`  tracemill status ${workflowId} --watch`);
  return 0;
}

export function registerRender(program: Command, run: Run): void {
  program
    .command('render')
    .description('publish a finished job anew with training texts, without executing anything')
    .argument('<SET|JOB>', 'whose traces')
    .addOption(
      new Option('--format <F...>', 'the formats of the texts (docs/text-formats.md)').choices(
        EXAMPLE_FORMATS,
      ),
    )
    .option('--pairs <N>', 'dynamic and inverse: pairs of a trace at most', parseCount)
    .option('--ahead <N,…>', 'dynamic and inverse: events between two states', parseCounts)
    .option('--context <TOKENS>', 'tokens of an example at most', parseCount)
    .option('--texts <FILE>', 'a file with render and balance as a job spec has them')
    .option('--as <NAME@VERSION>', 'under which name; the next free version without it')
    .option(JSON_FLAG, JSON_HELP)
    .action((reference: string, flags: RenderFlags) =>
      run(flags, (context) => render(context, reference, flags)),
    );
}
