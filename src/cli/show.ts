// tracemill show: one published trace, step by step.
import type { Answer } from './answers.ts';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { TEXT_FORMATS, renderText } from '../render/formats.ts';
import type { TextFormat } from '../render/formats.ts';
import { renderReadable } from '../render/readable.ts';
import { findTarget } from './target.ts';

interface ShowFlags extends JsonOption {
  readonly events: number;
  /** A format of training text instead of the view for people. */
  readonly format?: TextFormat;
}

const EVENTS_SHOWN = 200;
const EVENTS_SHOWN_MAX = 1_000_000;

function parseEvents(text: string): number {
  if (text === 'all') return EVENTS_SHOWN_MAX;
  const events = Number(text);
  if (!Number.isInteger(events) || events < 1 || events > EVENTS_SHOWN_MAX) {
    throw new InvalidArgumentError(`give a whole number from 1, or "all"`);
  }
  return events;
}

async function show(
  context: CommandContext,
  at: { job: string; invocation: string | null },
  flags: ShowFlags,
): Promise<ExitCode> {
  const { gateway, print } = context;
  const target = await findTarget(gateway, at.job);
  const found = await (
    await gateway.sets()
  ).find({ bucket: target.bucket, set: target.set, thing: at.invocation });
  if (context.isJson) {
    const events: unknown = JSON.parse(found.row.events);
    print.json({
      set: target.set,
      file: found.file,
      row: found.index,
      trace: { ...found.row, events },
    } satisfies Answer<'show'>);
    return 0;
  }
  if (flags.format !== undefined) {
    // The text itself and nothing else, so that it can be piped.
    print.answer(renderText(found.row, flags.format).replace(/\n$/, ''));
    return 0;
  }
  const { paint, width } = print;
  print.answer(renderReadable(found.row, { paint, width, eventsMax: flags.events }));
  print.answer(paint('dim', `row ${String(found.index)} of ${found.file} in ${target.set}`));
  return 0;
}

export function registerShow(program: Command, run: Run): void {
  program
    .command('show')
    .description('print a trace, step by step')
    .argument('<JOB|SET>', 'whose data set')
    .argument('[INVOCATION]', "a row id's prefix, or path::qualname#k; a short one without it")
    .option('--events <N>', 'print at most so many events, or "all"', parseEvents, EVENTS_SHOWN)
    .addOption(
      new Option(
        '--format <F>',
        'print a text that models are trained on (docs/text-formats.md)',
      ).choices(TEXT_FORMATS),
    )
    .option(JSON_FLAG, JSON_HELP)
    .action((job: string, invocation: string | undefined, flags: ShowFlags) =>
      run(flags, (context) => show(context, { job, invocation: invocation ?? null }, flags)),
    );
}
