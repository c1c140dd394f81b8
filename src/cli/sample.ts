// tracemill sample: some rows that have a reason, drawn by a seed, for the eye.
import type { Command } from 'commander';
import { invocationName } from '../core/causes.ts';
import { visible, visibleLine } from '../render/visible.ts';
import type { Answer } from './answers.ts';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { wholeNumber } from './numbers.ts';
import type { Sample } from './ports.ts';
import type { Paint } from './print.ts';
import { grouped } from '../core/grouped.ts';
import { counted } from './table.ts';
import { findTarget } from './target.ts';

interface SampleFlags extends JsonOption {
  readonly reason?: string;
  readonly n: number;
  readonly seed: number;
}

const ROWS_DEFAULT = 20;
const ROWS_MAX = 1_000;
const SEED_MAX = 2 ** 32 - 1;
/** Enough to see what kind of function it is. */
const LINES_SHOWN = 12;

type Sampled = Sample['rows'][number];

function rowText({ link, row }: Sampled, paint: Paint, width: number): string {
  const reasons = link.reasons.length === 0 ? '' : `: ${link.reasons.join(', ')}`;
  const what = `${link.outcome}${reasons}`;
  if (row === null) {
    return `${paint('bold', `${link.unit} ${visibleLine(link.id, width)}`)}\n  ${what}`;
  }
  const lines = visible(row.source).trimEnd().split('\n');
  const more = lines.length - LINES_SHOWN;
  const end = row.exception_type ?? row.return_value ?? row.outcome;
  return [
    paint('bold', `${row.id.slice(0, 12)}  ${visibleLine(invocationName(row), width)}`),
    `  ${what}; ${counted(row.n_events, 'event')}`,
    ...lines.slice(0, LINES_SHOWN).map((line) => `  | ${line}`),
    ...(more > 0 ? [paint('dim', `  | … ${counted(more, 'line')} more`)] : []),
    ...(row.call === '' ? [] : [`  >>> ${visibleLine(row.call, width)}`]),
    `  ${visibleLine(end, width)}`,
  ].join('\n');
}

async function sample(
  context: CommandContext,
  reference: string,
  flags: SampleFlags,
): Promise<ExitCode> {
  const { gateway, print, isJson } = context;
  const { bucket, set } = await findTarget(gateway, reference);
  const reason = flags.reason ?? null;
  const ask = { bucket, set, reason, rows: flags.n, seed: flags.seed };
  const { found, rows } = await (await gateway.sets()).sample(ask);
  if (isJson) {
    const told = rows.map(({ link, row }) => {
      if (row === null) return { link, trace: null };
      const { events: _events, ...trace } = row;
      return { link, trace };
    });
    print.json({ set, reason, seed: flags.seed, found, rows: told } satisfies Answer<'sample'>);
    return 0;
  }
  for (const row of rows) print.answer(`${rowText(row, print.paint, print.width)}\n`);
  const of = reason === null ? 'accepted' : reason;
  print.answer(`${grouped(rows.length)} of ${grouped(found)} in ${set}: ${of}.`);
  return 0;
}

export function registerSample(program: Command, run: Run): void {
  program
    .command('sample')
    .description('print some rows that have a reason, drawn by a seed')
    .argument('<JOB|SET>', 'whose data set')
    .option('--reason <R>', 'a reason, an outcome or the code of a fault; accepted rows without it')
    .option('-n <N>', 'how many', wholeNumber('-n', 1, ROWS_MAX), ROWS_DEFAULT)
    .option('--seed <N>', 'which ones', wholeNumber('--seed', 0, SEED_MAX), 1)
    .option(JSON_FLAG, JSON_HELP)
    .action((job: string, flags: SampleFlags) =>
      run(flags, (context) => sample(context, job, flags)),
    );
}
